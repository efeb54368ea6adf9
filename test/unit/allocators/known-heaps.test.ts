import { DmaHeapAllocator } from '../../../src/allocators/dma-heap-allocator';
import { HEAP_DIRECTORY } from '../../../src/allocators/heaps';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, PAGES } from './fake-machine';

const request = { name: 'dmaflow:test:0', length: 4096, requirement: PAGES };

/** The fake's tree with a directory that says when it was changed, and how often its heaps were listed. */
function machine({ changed }: { changed: number }) {
  const kernel = fakeMachine();
  const counted = { changed, listings: 0 };
  const { statNode, listDirectory } = kernel;
  kernel.statNode = (path: string) =>
    path === HEAP_DIRECTORY
      ? {
          device: '0:0',
          uid: 0,
          gid: 0,
          mode: 0o755,
          changed: counted.changed,
          readable: true,
          writable: true,
        }
      : statNode.call(kernel, path);
  kernel.listDirectory = (path: string) => {
    if (path === HEAP_DIRECTORY) counted.listings += 1;
    return listDirectory.call(kernel, path);
  };
  return { kernel, counted };
}

/** More than the time for which a listing is taken to be fresh passes in between. */
function allocateTwice(kernel: FakeMemory, between: () => void = () => {}): void {
  using allocator = new DmaHeapAllocator(kernel, { env: {} });
  allocator.allocateSync(request).buffer.close();
  between();
  jest.advanceTimersByTime(200);
  allocator.allocateSync(request).buffer.close();
}

describe('the heaps of an allocator', () => {
  beforeEach(() => jest.useFakeTimers({ now: 1_700_000_000_000 }));
  afterEach(() => jest.useRealTimers());

  it('are listed once while their directory stays as it is', () => {
    const { kernel, counted } = machine({ changed: 1000 });
    allocateTwice(kernel);
    expect(counted.listings).toBe(1);
  });

  it('are listed again when a heap came or went', () => {
    const { kernel, counted } = machine({ changed: 1000 });
    allocateTwice(kernel, () => {
      counted.changed = 2000;
    });
    expect(counted.listings).toBe(2);
  });

  it('are listed again where the directory changed just before: more may have come since', () => {
    const { kernel, counted } = machine({ changed: Date.now() });
    allocateTwice(kernel);
    expect(counted.listings).toBe(2);
  });

  it('are listed again after an allocation that failed', () => {
    const { kernel, counted } = machine({ changed: 1000 });
    using allocator = new DmaHeapAllocator(kernel, { env: {} });
    allocator.allocateSync(request).buffer.close();
    const { heapAlloc } = kernel;
    kernel.heapAlloc = () => {
      throw new RangeError('no');
    };
    expect(() => allocator.allocateSync(request)).toThrow('no');
    kernel.heapAlloc = heapAlloc;
    allocator.allocateSync(request).buffer.close();
    expect(counted.listings).toBe(2);
  });
});
