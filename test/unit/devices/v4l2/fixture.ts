import { FakeKernel } from '../../../../src/testing';

/** A fake kernel with both heaps and one camera whose frames come by hand. */
export function machine(options: Parameters<FakeKernel['addCamera']>[0] = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  kernel.addHeap('system', { contiguous: false });
  const camera = kernel.addCamera({ frames: 'manual', ...options });
  return { kernel, camera };
}

/** An fd of the heap. */
export function allocate(kernel: FakeKernel, heap: string, length: number): number {
  const heapFd = kernel.open(`/dev/dma_heap/${heap}`, { access: 'read' });
  const fd = kernel.heapAlloc(heapFd, length);
  kernel.close(heapFd);
  return fd;
}

export function thrown(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
