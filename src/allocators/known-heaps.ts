/**
 * What an allocator knows of the heaps. They come and go with their drivers, so what was found is good as long as their
 * directory has not changed, which costs one call to see where a listing costs a dozen.
 */
import type { Kernel } from '../native/kernel';
import { HEAP_DIRECTORY, type Heap } from './heaps';
import type { MemoryRequirement } from './memory-requirement';
import type { Candidate } from './memory-sources';

/** The heaps of one moment, and those among them that fit: one at least. */
export interface HeapListing {
  /** When the directory was changed last, and when that was looked at, before the heaps were; milliseconds. */
  seen: { changed: number; at: number } | undefined;
  heaps: readonly Heap[];
  candidates: readonly [Candidate, ...Candidate[]];
}

/** Milliseconds for which the directory is taken to be as it was: a heap that comes need not be noticed sooner. */
const FRESH = 100;
/** Two changes within the same tick of the kernel's clock have the same time: one may come after what was looked at. */
const TICK = 100;

export class KnownHeaps {
  readonly #kernel: Pick<Kernel, 'statNode'>;
  readonly #known = new WeakMap<MemoryRequirement, HeapListing>();
  #looked = Number.NEGATIVE_INFINITY;

  constructor(kernel: Pick<Kernel, 'statNode'>) {
    this.#kernel = kernel;
  }

  /** To be called before the heaps are listed. */
  look(): HeapListing['seen'] {
    const changed = this.#kernel.statNode(HEAP_DIRECTORY)?.changed;
    return changed === undefined ? undefined : { changed, at: Date.now() };
  }

  recall(requirement: MemoryRequirement): HeapListing | undefined {
    const known = this.#known.get(requirement);
    if (!known || performance.now() - this.#looked < FRESH) return known;
    this.#looked = performance.now();
    return known.seen?.changed === this.look()?.changed ? known : undefined;
  }

  /** Memory came from what was found, or recalled. */
  remember(requirement: MemoryRequirement, found: HeapListing): void {
    if (this.#known.get(requirement) === found) return;
    if (found.seen && found.seen.at - found.seen.changed > TICK) this.#known.set(requirement, found);
  }

  forget(requirement: MemoryRequirement): void {
    this.#known.delete(requirement);
  }
}
