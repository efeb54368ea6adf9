import { FakeKernel } from 'dmaflow/testing';

function setUp() {
  const { kernel, camera } = FakeKernel.board();
  const heap = kernel.open('/dev/dma_heap/system', { access: 'read' });
  return { kernel, camera, heap, buffer: kernel.heapAlloc(heap, 4096) };
}

describe('scripted faults', () => {
  it('strike once, by default the next request', () => {
    const { kernel, heap } = setUp();
    kernel.fail('DMA_HEAP_IOCTL_ALLOC', 'ENOMEM');
    expect(() => kernel.heapAlloc(heap, 4096)).toThrow(
      'DMA_HEAP_IOCTL_ALLOC on /dev/dma_heap/system: ENOMEM',
    );
    expect(kernel.heapAlloc(heap, 4096)).toBeGreaterThan(0);
  });

  it('strike several times, after some requests', () => {
    const { kernel, buffer } = setUp();
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EINTR', { times: 2, after: 1 });
    const outcomes = [1, 5, 5, 5].map((flags) => {
      try {
        kernel.dmaBufSync(buffer, flags);
        return 'done';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    });
    expect(outcomes).toEqual(['done', 'EINTR', 'EINTR', 'done']);
    expect(kernel.violations).toEqual([]);
  });

  it('strike only on their path', () => {
    const { kernel, buffer } = setUp();
    kernel.dmaBufSetName(buffer, 'dmaflow:camera:3');
    kernel.fail('lseek', 'EIO', { path: /camera:4$/, times: Number.POSITIVE_INFINITY });
    kernel.fail('open', 'EACCES', { path: '/dev/video0' });
    expect(kernel.dmaBufSize(buffer)).toBe(4096);
    kernel.dmaBufSetName(buffer, 'dmaflow:camera:4');
    expect(() => kernel.dmaBufSize(buffer)).toThrow('EIO');
    expect(() => kernel.open('/dev/video0', { access: 'read' })).toThrow('open on /dev/video0: EACCES');
  });

  it('reject where the request is asynchronous', async () => {
    const { kernel, heap } = setUp();
    kernel.fail('DMA_HEAP_IOCTL_ALLOC', 'ENOMEM');
    await expect(kernel.heapAllocAsync(heap, 4096)).rejects.toMatchObject({ code: 'ENOMEM' });
  });

  it('that met no request can be asked for, and taken back', () => {
    const { kernel, heap } = setUp();
    kernel.fail('VIDIOC_QBUF', 'EFAULT', { times: 2 });
    expect(kernel.pendingFaults()).toEqual(['VIDIOC_QBUF: EFAULT, 2 more']);
    kernel.fail('DMA_HEAP_IOCTL_ALLOC', 'ENOMEM');
    kernel.clearFaults();
    expect(kernel.pendingFaults()).toEqual([]);
    expect(kernel.heapAlloc(heap, 4096)).toBeGreaterThan(0);
  });
});

describe('the log', () => {
  it('has every request in order, with what it asked and how it was refused', () => {
    const { kernel, buffer } = setUp();
    kernel.log.length = 0;
    kernel.dmaBufSync(buffer, 1);
    kernel.dmaBufSync(buffer, 5);
    expect(() => kernel.dmaBufSync(buffer, 0)).toThrow('EINVAL');
    const sync = { syscall: 'DMA_BUF_IOCTL_SYNC', fd: buffer, path: '/dmabuf:', by: 'caller' };
    expect(kernel.log).toEqual([
      { ...sync, args: { flags: 1 } },
      { ...sync, args: { flags: 5 } },
      { ...sync, args: { flags: 0 }, error: 'EINVAL' },
    ]);
    expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toHaveLength(3);
    expect(kernel.requests('lseek')).toEqual([]);
  });
});

describe('permissions and places', () => {
  it('are a test’s to change', () => {
    const { kernel } = setUp();
    kernel.setPermission('/dev/dma_heap/system', { readable: false, mode: 0o660, gid: 44 });
    expect(() => kernel.open('/dev/dma_heap/system', { access: 'read' })).toThrow('EACCES');
    expect(kernel.statNode('/dev/dma_heap/system')).toMatchObject({ readable: false, mode: 0o660, gid: 44 });
    kernel.setPermission('/dev/video0', { writable: false });
    expect(() => kernel.open('/dev/video0', { access: 'read-write' })).toThrow('EACCES');
    kernel.removeHeap('system');
    expect(() => kernel.open('/dev/dma_heap/system', { access: 'read' })).toThrow('ENOENT');
    for (const name of ['default_cma_region', 'reserved']) kernel.removeHeap(name);
    expect(kernel.listDirectory('/dev/dma_heap')).toBeUndefined();
    kernel.addText('/proc/device-tree/model', 'Board\0');
    expect(kernel.readText('/proc/device-tree/model')).toBe('Board\0');
  });
});
