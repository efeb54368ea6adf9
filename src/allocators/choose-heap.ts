/** Which heap an intent gets on this machine. */
import { loadKernel } from '../native/binding';
import type { Kernel } from '../native/kernel';
import { type HeapCandidate, type HeapPreferences, heapCandidates, heapChoices } from './heap-policy';
import { listHeaps } from './heaps';
import { memoryRequirement } from './memory-requirement';

/** `contiguous`: a device without an IOMMU uses the memory. `cpu`: only the CPU touches it. */
export type HeapIntent = 'contiguous' | 'cpu';

/**
 * The heap that would be tried first, with the reason; undefined where no heap here serves the intent.
 * @throws UnsupportedError where the kernel has no heaps at all.
 */
export function chooseHeap(
  intent: HeapIntent,
  options: { heaps?: HeapPreferences; kernel?: Kernel } = {},
): HeapCandidate | undefined {
  const contiguous = intent === 'contiguous';
  const requirement = memoryRequirement({ contiguous, device: contiguous });
  const heaps = listHeaps(options.kernel ?? loadKernel());
  return heapCandidates(requirement, heaps, heapChoices(options.heaps ?? {}, process.env))[0];
}
