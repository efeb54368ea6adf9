import type { DmaBuf } from '../../../src/allocators/dma-buf';
import { InvalidStateError, KernelError } from '../../../src/errors';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, onePage } from './fake-machine';

let kernel: FakeMemory;
let buffer: DmaBuf;

beforeEach(() => {
  kernel = fakeMachine();
  buffer = onePage(kernel);
  kernel.log.length = 0;
});

/** The requests of DMA_BUF_IOCTL_SYNC that the kernel took, as START(R), END(RW). */
function syncs(): string[] {
  return kernel
    .requests('DMA_BUF_IOCTL_SYNC')
    .filter(({ error }) => error === undefined)
    .map(({ args }) => syncName(args.flags as number));
}

function syncName(flags: number): string {
  return `${flags & 4 ? 'END' : 'START'}(${flags & 1 ? 'R' : ''}${flags & 2 ? 'W' : ''})`;
}

/** The kernel knows of no access that began and did not end. */
function expectNoneOpen(): void {
  expect(kernel.left().filter((line) => line.startsWith('CPU access'))).toEqual([]);
}

// No fd, mapping or view is left, and no END came without its START.
afterEach(() => {
  buffer.close();
  expect(kernel.violations).toEqual([]);
  expect(kernel.left()).toEqual([]);
});

describe('where a view is a copy', () => {
  it('a reader that outlives a writer does not undo what it wrote', () => {
    const writer = buffer.cpuAccess('read-write');
    const reader = buffer.cpuAccess('read');
    const before = [writer.bytes[0], reader.bytes[0]];
    expect(before).toEqual([0, 0]);
    writer.bytes[0] = 9;
    writer.close();
    reader.close();
    using px = buffer.cpuAccess('read');
    expect(px.bytes[0]).toBe(9);
  });
});

describe('one scope', () => {
  it.each([
    ['read', 'R'],
    ['write', 'W'],
    ['read-write', 'RW'],
  ] as const)('%s: START and END with the same flags', (mode, flags) => {
    {
      using px = buffer.cpuAccess(mode);
      expect(px.mode).toBe(mode);
      expect(syncs()).toEqual([`START(${flags})`]);
    }
    expect(syncs()).toEqual([`START(${flags})`, `END(${flags})`]);
    expect(buffer.syncCount).toEqual({ starts: 1, ends: 1, restarts: 0 });
    expectNoneOpen();
  });

  it('gives the bytes of the buffer', () => {
    {
      using px = buffer.cpuAccess('write');
      expect(px.bytes).toHaveLength(4096);
      px.bytes.fill(7);
    }
    expect(kernel.bufferBytes(buffer.fd).every((byte) => byte === 7)).toBe(true);
    using px = buffer.cpuAccess('read');
    expect(px.bytes[4095]).toBe(7);
  });

  it('leaves no view that reads or writes: bytes taken before have length 0', () => {
    const px = buffer.cpuAccess('read');
    const { bytes } = px;
    const row = bytes.subarray(0, 16);
    px.close();
    expect([bytes.length, row.length, bytes[0]]).toEqual([0, 0, undefined]);
    expect(() => px.bytes).toThrow(InvalidStateError);
    expect(px.closed).toBe(true);
  });

  it('leaves nothing in a Buffer, a DataView or a typed array over its bytes', () => {
    const px = buffer.cpuAccess('read-write');
    const { bytes } = px;
    const views = [
      Buffer.from(bytes.buffer, 8, 16),
      new DataView(bytes.buffer),
      new Uint32Array(bytes.buffer),
      bytes.subarray(1),
    ];
    px.close();
    expect(bytes.buffer.byteLength).toBe(0);
    expect(views.map((view) => (view instanceof DataView ? 0 : view.byteLength))).toEqual([0, 0, 0, 0]);
    expect(() => (views[1] as DataView).getUint8(0)).toThrow(/detached/);
    expect(() => new Uint8Array(bytes.buffer)).toThrow(/detached/);
  });

  it('makes no view, and needs no memory for one, where nobody looks at the bytes', () => {
    const view = jest.spyOn(kernel, 'dmaBufView');
    buffer.cpuAccess('read').close();
    expect(view).not.toHaveBeenCalled();
  });

  it('ends once however often it is closed', () => {
    const px = buffer.cpuAccess('read');
    px.close();
    px.close();
    px[Symbol.dispose]();
    expect(syncs()).toEqual(['START(R)', 'END(R)']);
  });

  it('maps the buffer once for its life', () => {
    for (let frame = 0; frame < 5; frame++) buffer.cpuAccess('read').close();
    expect(kernel.requests('mmap')).toHaveLength(1);
    expect(kernel.requests('munmap')).toHaveLength(0);
    buffer.close();
    expect(kernel.requests('munmap')).toHaveLength(1);
  });

  it('refuses an access that is none', () => {
    expect(() => buffer.cpuAccess('none' as 'read')).toThrow(TypeError);
    expect(() => buffer.cpuAccess('none' as 'read')).toThrow(
      /expected CPU access 'read', 'write' or 'read-write', got "none"/,
    );
    expectNoneOpen();
  });
});

it('costs nothing where no CPU looks', () => {
  buffer.clone().close();
  buffer.close();
  expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toEqual([]);
  expect(kernel.requests('mmap')).toEqual([]);
});

it('restarts START and END that a signal broke off', () => {
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EINTR', { times: 2 });
  const px = buffer.cpuAccess('read');
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EAGAIN', { times: 3 });
  px.close();
  expect(syncs()).toEqual(['START(R)', 'END(R)']);
  expect(kernel.requests('DMA_BUF_IOCTL_SYNC').map(({ args }) => args.flags)).toEqual([1, 1, 1, 5, 5, 5, 5]);
  expect(buffer.syncCount).toEqual({ starts: 1, ends: 1, restarts: 5 });
});

it('outlasts a storm of signals, in scopes that overlap too', () => {
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EINTR', { times: 500 });
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EAGAIN', { times: 500 });
  const reader = buffer.cpuAccess('read');
  const writer = buffer.cpuAccess('write');
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EAGAIN', { times: 200 });
  reader.close();
  writer.close();
  expect(syncs()).toEqual(['START(R)', 'END(R)', 'START(RW)', 'END(RW)', 'START(W)', 'END(W)']);
  expect(buffer.syncCount).toEqual({ starts: 3, ends: 3, restarts: 1200 });
});

describe('overlapping scopes', () => {
  it('issue nothing while the union of their flags stays the same', () => {
    const outer = buffer.cpuAccess('read-write');
    const inner = buffer.cpuAccess('read');
    const second = buffer.cpuAccess('write');
    inner.close();
    second.close();
    outer.close();
    expect(syncs()).toEqual(['START(RW)', 'END(RW)']);
  });

  it('a writer joins a reader: END before START, and back when it leaves', () => {
    const reader = buffer.cpuAccess('read');
    const writer = buffer.cpuAccess('write');
    expect(syncs()).toEqual(['START(R)', 'END(R)', 'START(RW)']);
    writer.close();
    expect(syncs().slice(3)).toEqual(['END(RW)', 'START(R)']);
    reader.close();
    expect(syncs().slice(5)).toEqual(['END(R)']);
    expectNoneOpen();
  });

  it('a reader joins a writer: the writer’s dirty cache lines go out before START discards any', () => {
    const writer = buffer.cpuAccess('write');
    const reader = buffer.cpuAccess('read');
    expect(syncs()).toEqual(['START(W)', 'END(W)', 'START(RW)']);
    writer.close();
    reader.close();
    expect(syncs().slice(3)).toEqual(['END(RW)', 'START(R)', 'END(R)']);
  });

  it('each has bytes of its own, which live as long as it', () => {
    const first = buffer.cpuAccess('read');
    const second = buffer.cpuAccess('read');
    expect(first.bytes.buffer).not.toBe(second.bytes.buffer);
    const { bytes } = second;
    first.close();
    expect(bytes).toHaveLength(4096);
    second.close();
    expect(bytes).toHaveLength(0);
  });

  it('keep their mappings for the buffer’s life, one for each scope that was ever open at once', () => {
    for (let frame = 0; frame < 3; frame++) {
      const first = buffer.cpuAccess('read');
      const second = buffer.cpuAccess('read');
      first.close();
      second.close();
    }
    expect(kernel.requests('mmap')).toHaveLength(2);
    expectNoneOpen();
  });

  it('count over all handles of the buffer', () => {
    const clone = buffer.clone();
    const first = buffer.cpuAccess('read');
    const second = clone.cpuAccess('read');
    expect(syncs()).toEqual(['START(R)']);
    first.close();
    second.close();
    expect(clone.syncCount).toEqual({ starts: 1, ends: 1, restarts: 0 });
    clone.close();
  });
});

describe('errors', () => {
  it('of END are thrown by close; the view is gone, the scope is over', () => {
    const px = buffer.cpuAccess('write');
    const { bytes } = px;
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
    expect(() => px.close()).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'DMA_BUF_IOCTL_SYNC' }));
    expect(bytes).toHaveLength(0);
    expect(px.closed).toBe(true);
    expect(() => px.close()).not.toThrow();
    buffer.cpuAccess('read').close();
    expect(syncs()).toEqual(['START(W)', 'START(R)', 'END(R)']);
  });

  it('of START leave nothing open', () => {
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'ENODEV');
    expect(() => buffer.cpuAccess('read')).toThrow(KernelError);
    expect(syncs()).toEqual([]);
    expectNoneOpen();
  });

  it('of mmap leave nothing open', () => {
    kernel.fail('mmap', 'ENOMEM');
    expect(() => buffer.cpuAccess('read')).toThrow(
      expect.objectContaining({ code: 'ENOMEM', syscall: 'mmap' }),
    );
    expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toEqual([]);
    expectNoneOpen();
  });

  it('of the view leave the scope open, to try again or to close', () => {
    const view = jest.spyOn(kernel, 'dmaBufView').mockImplementationOnce(() => {
      throw new Error('no view');
    });
    const px = buffer.cpuAccess('read');
    expect(() => px.bytes).toThrow('no view');
    expect(px.bytes).toHaveLength(4096);
    px.close();
    expect(view).toHaveBeenCalledTimes(2);
    expect(syncs()).toEqual(['START(R)', 'END(R)']);
    expectNoneOpen();
  });

  it('of the START of a scope that joins give the others their access back', () => {
    const reader = buffer.cpuAccess('read');
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO', { after: 1 });
    expect(() => buffer.cpuAccess('write')).toThrow(KernelError);
    expect(syncs()).toEqual(['START(R)', 'END(R)', 'START(R)']);
    reader.close();
    expect(syncs().slice(3)).toEqual(['END(R)']);
    expectNoneOpen();
  });

  it('of the END before a scope that joins leave the others’ access open', () => {
    const reader = buffer.cpuAccess('read');
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
    expect(() => buffer.cpuAccess('write')).toThrow(KernelError);
    reader.close();
    expect(syncs()).toEqual(['START(R)', 'END(R)']);
    expectNoneOpen();
  });

  it('of an END among several scopes are made good by the next one that leaves', () => {
    const reader = buffer.cpuAccess('read');
    const writer = buffer.cpuAccess('write');
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
    expect(() => writer.close()).toThrow(KernelError);
    reader.close();
    expect(syncs()).toEqual(['START(R)', 'END(R)', 'START(RW)', 'END(RW)']);
    expectNoneOpen();
  });
});

it('keeps the buffer while it is open, whatever happens to the handle', () => {
  const px = buffer.cpuAccess('read');
  buffer.close();
  expect(px.bytes).toHaveLength(4096);
  expect(kernel.heapUsed('system')).toBe(4096);
  px.close();
  expect(kernel.heapUsed('system')).toBe(0);
});
