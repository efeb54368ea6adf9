import { DmaBuf } from '../../../src/allocators/dma-buf';
import { InvalidStateError, KernelError } from '../../../src/errors';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, onePage } from './fake-machine';

let kernel: FakeMemory;

beforeEach(() => {
  kernel = fakeMachine();
});

afterEach(() => {
  expect(kernel.violations).toEqual([]);
  expect(kernel.left()).toEqual([]);
});

function allocate(length: number): number {
  const heapFd = kernel.open('/dev/dma_heap/system', { access: 'read' });
  const fd = kernel.heapAlloc(heapFd, length);
  kernel.close(heapFd);
  return fd;
}

describe('adopt', () => {
  it('knows its length in whole pages, its inode, name and heap', () => {
    const fd = allocate(5000);
    using buffer = DmaBuf.adopt(kernel, fd, { name: 'dmaflow:camera:3', heap: 'system' });
    expect(buffer).toMatchObject({
      fd,
      length: 8192,
      name: 'dmaflow:camera:3',
      heap: 'system',
      closed: false,
    });
    expect(buffer.inode).toBe(kernel.dmaBufInode(fd));
    expect(kernel.requests('DMA_BUF_SET_NAME_B')).toMatchObject([{ fd, args: { name: 'dmaflow:camera:3' } }]);
  });

  it('names a buffer that was given no name', () => {
    using buffer = DmaBuf.adopt(kernel, allocate(4096));
    expect(buffer.name).toBe(`dmaflow:${process.pid}/buffer:${buffer.inode}`);
    expect(buffer.heap).toBeUndefined();
  });

  it('shortens a long name rather than fail', () => {
    using buffer = DmaBuf.adopt(kernel, allocate(4096), { name: `dmaflow:${'x'.repeat(40)}:7` });
    expect(buffer.name).toMatch(/^dmaflow:x+~:7$/);
  });

  it.each(['ENOTTY', 'EBUSY'] as const)('does without a name where the kernel has none (%s)', (code) => {
    kernel.fail('DMA_BUF_SET_NAME_B', code);
    using buffer = DmaBuf.adopt(kernel, allocate(4096), { name: 'x' });
    expect(buffer.length).toBe(4096);
  });

  it.each([
    ['lseek', 'ESPIPE'],
    ['fstat', 'ENOMEM'],
    ['DMA_BUF_SET_NAME_B', 'EFAULT'],
  ] as const)('closes the fd where %s fails', (syscall, code) => {
    const fd = allocate(4096);
    kernel.fail(syscall, code);
    expect(() => DmaBuf.adopt(kernel, fd)).toThrow(expect.objectContaining({ code }));
  });
});

describe('handles', () => {
  it('share one fd without a dup; the last one closes it', () => {
    const buffer = onePage(kernel);
    const clone = buffer.clone();
    const third = clone.clone();
    expect([clone.fd, third.fd]).toEqual([buffer.fd, buffer.fd]);
    expect(kernel.requests('F_DUPFD_CLOEXEC')).toEqual([]);
    buffer.close();
    third.close();
    expect(kernel.heapUsed('system')).toBe(4096);
    expect(clone.length).toBe(4096);
    clone.close();
    expect(kernel.heapUsed('system')).toBe(0);
  });

  it('can be closed twice: that gives back one reference', () => {
    const buffer = onePage(kernel);
    const clone = buffer.clone();
    buffer.close();
    buffer.close();
    buffer[Symbol.dispose]();
    expect(clone.fd).toBeGreaterThan(0);
    clone.close();
  });

  it('cannot be used after close, and say so; what they were stays readable', async () => {
    const buffer = onePage(kernel);
    buffer.close();
    expect(buffer.closed).toBe(true);
    expect(() => buffer.fd).toThrow(InvalidStateError);
    expect(() => buffer.fd).toThrow(/fd of dma-buf 'dmaflow:test:0' after close\(\): clone\(\) the handle/);
    expect(() => buffer.clone()).toThrow(InvalidStateError);
    expect(() => buffer.exportFd()).toThrow(InvalidStateError);
    expect(() => buffer.cpuAccess('read')).toThrow(InvalidStateError);
    await expect(buffer.ready(false)).rejects.toThrow(InvalidStateError);
    expect(buffer).toMatchObject({ name: 'dmaflow:test:0', length: 4096 });
  });
});

it("exportFd gives a duplicate that is the caller's", () => {
  const buffer = onePage(kernel);
  const fd = buffer.exportFd();
  expect(fd).not.toBe(buffer.fd);
  buffer.close();
  expect(kernel.heapUsed('system')).toBe(4096);
  expect(() => kernel.close(fd)).toThrow(KernelError);
  kernel.closeForeign(fd);
  expect(kernel.heapUsed('system')).toBe(0);
});

describe('ready', () => {
  it('is true at once where nothing is pending', async () => {
    using buffer = onePage(kernel);
    await expect(buffer.ready(true)).resolves.toBe(true);
  });

  it('waits for the fences that the access has to wait for', async () => {
    using buffer = onePage(kernel);
    const reading = kernel.addFence(buffer.fd, { write: false });
    await expect(buffer.ready(false)).resolves.toBe(true);
    const ready = buffer.ready(true);
    setTimeout(() => reading.signal(), 20);
    await expect(ready).resolves.toBe(true);
  });

  it('gives false after the timeout', async () => {
    using buffer = onePage(kernel);
    kernel.addFence(buffer.fd, { write: true });
    const start = performance.now();
    await expect(buffer.ready(false, { timeout: 30 })).resolves.toBe(false);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
    await expect(buffer.ready(false, { timeout: 0 })).resolves.toBe(false);
  });

  it('outlasts the piece it waits at a time', async () => {
    using buffer = onePage(kernel);
    const fence = kernel.addFence(buffer.fd, { write: true });
    setTimeout(() => fence.signal(), 300);
    await expect(buffer.ready(false)).resolves.toBe(true);
  });

  it('ends with the signal’s reason', async () => {
    using buffer = onePage(kernel);
    kernel.addFence(buffer.fd, { write: true });
    const controller = new AbortController();
    const ready = buffer.ready(false, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
    await expect(buffer.ready(false, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('does not begin with a signal that has aborted', async () => {
    using buffer = onePage(kernel);
    await expect(buffer.ready(false, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  it('keeps the fd open while it waits', async () => {
    const buffer = onePage(kernel);
    const fence = kernel.addFence(buffer.fd, { write: true });
    const ready = buffer.ready(false);
    buffer.close();
    expect(kernel.heapUsed('system')).toBe(4096);
    fence.signal();
    await expect(ready).resolves.toBe(true);
    expect(kernel.heapUsed('system')).toBe(0);
  });

  it('refuses a timeout that is no time', async () => {
    using buffer = onePage(kernel);
    await expect(buffer.ready(false, { timeout: -1 })).rejects.toThrow(RangeError);
    await expect(buffer.ready(false, { timeout: Number.NaN })).rejects.toThrow(RangeError);
  });
});
