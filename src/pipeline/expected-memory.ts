/** Where the buffers of a segment would come from, for `explain()` before the start. */
import { DmaHeapAllocator } from '../allocators/dma-heap-allocator';
import type { Kernel } from '../native/kernel';
import type { MemorySource } from './explain';
import type { PreparedSegment } from './prepared-graph';
import type { MemoryOptions } from './shared-buffers';

/** The heap that would be tried first. */
export function expectedMemory(
  segment: PreparedSegment,
  kernel: Kernel,
  { heaps, memory }: MemoryOptions,
): MemorySource {
  using allocator = new DmaHeapAllocator(kernel, { heaps: heaps ?? {} });
  const [first] = allocator.candidates(segment.plan.requirement);
  return {
    heap: first?.heap.name ?? 'none',
    reason: first?.reason ?? 'no heap here satisfies the requirement; start() will say what to do',
    fallbacks: [],
    allocated: false,
    ...(memory === 'auto' && {
      trials: ['nothing yet: start() asks the devices whether they take ordinary pages'],
    }),
  };
}
