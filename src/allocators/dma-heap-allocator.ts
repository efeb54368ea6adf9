import { InvalidStateError } from '../errors';
import {
  AllocationAttempt,
  type AllocationSource,
  type BufferRequest,
  type ManyAllocation,
} from './allocation-attempt';
import type { DmaBuf } from './dma-buf';
import { noSuitableHeap } from './heap-advice';
import { type HeapChoices, type HeapPreferences, heapCandidates, heapChoices } from './heap-policy';
import { type Heap, listHeaps } from './heaps';
import { type HeapListing, KnownHeaps } from './known-heaps';
import { chosenResort, lastResorts } from './last-resort';
import type { MemoryRequirement } from './memory-requirement';
import { type Candidate, MemorySources, type SourceKernel } from './memory-sources';
import type { BufferKernel } from './shared-dma-buf';

export type AllocatorKernel = BufferKernel & SourceKernel;

export interface DmaHeapAllocatorOptions {
  /** Heaps to use instead of the usual ones; wins over the environment. */
  heaps?: HeapPreferences;
  /** Where `DMAFLOW_HEAP_CONTIGUOUS` and `DMAFLOW_HEAP_CPU` are read; `process.env` by default. */
  env?: Readonly<Record<string, string | undefined>>;
}

export interface AllocationRequest extends BufferRequest {
  requirement: MemoryRequirement;
}

/** The caller owns the buffers. */
export interface Allocation extends AllocationSource {
  buffer: DmaBuf;
}

/**
 * Allocates dma-bufs from the heap that fits what they are needed for (see `heap-policy.ts`). A heap that has not
 * enough memory gives way to the next one that satisfies the requirement, and the result says so.
 *
 * Heaps are opened when first used and kept open until `close()`; buffers outlive the allocator.
 */
export class DmaHeapAllocator implements Disposable {
  readonly #kernel: AllocatorKernel;
  readonly #choices: HeapChoices;
  readonly #sources: MemorySources;
  readonly #known: KnownHeaps;
  /** Allocations under way on worker threads, which use the heaps' fds. */
  #pending = 0;
  #closed = false;

  /** @throws TypeError, RangeError for what cannot be the name of a heap. */
  constructor(kernel: AllocatorKernel, options: DmaHeapAllocatorOptions = {}) {
    this.#kernel = kernel;
    this.#choices = heapChoices(options.heaps ?? {}, options.env ?? process.env);
    this.#sources = new MemorySources(kernel);
    this.#known = new KnownHeaps(kernel);
  }

  /**
   * The heaps that would be tried for a requirement, in order, each with its reason; where no heap may be left,
   * `udmabuf` or `memfd` stand in for one.
   */
  candidates(requirement: MemoryRequirement): Candidate[] {
    return this.#candidates(requirement, this.#heaps(requirement));
  }

  /** Where the user chose the heaps for such a requirement (`option heaps.cpu`); undefined where he did not. */
  choice({ contiguous }: Pick<MemoryRequirement, 'contiguous'>): string | undefined {
    return (contiguous ? this.#choices.contiguous : this.#choices.cpu)?.from;
  }

  /**
   * Allocates one buffer; the event loop is not blocked (CMA may have to migrate pages first).
   *
   * @throws KernelError ENOMEM, EACCES, ENOENT, each with what to do next; UnsupportedError where no heap satisfies the
   * requirement.
   */
  async allocate(request: AllocationRequest): Promise<Allocation> {
    return single(await this.allocateMany([request], request.requirement));
  }

  /** The same, blocking. */
  allocateSync(request: AllocationRequest): Allocation {
    return single(this.allocateManySync([request], request.requirement));
  }

  /**
   * Allocates all buffers or none, all from one heap: where it runs out half-way, what it gave is given back and the
   * next heap is asked for all of them.
   */
  async allocateMany(
    requests: readonly BufferRequest[],
    requirement: MemoryRequirement,
  ): Promise<ManyAllocation> {
    this.#pending += 1;
    try {
      const attempt = this.#begin(requests, requirement);
      for (let request = attempt.next; request; request = attempt.next) {
        try {
          attempt.took(await attempt.source.allocateAsync(request.length, request.name), request);
        } catch (error) {
          this.#known.forget(requirement);
          attempt.failed(error);
        }
      }
      this.#known.remember(requirement, attempt.listing);
      return attempt.result;
    } finally {
      this.#pending -= 1;
      this.#closeHeapsWhenIdle();
    }
  }

  /** The same, blocking. */
  allocateManySync(requests: readonly BufferRequest[], requirement: MemoryRequirement): ManyAllocation {
    const attempt = this.#begin(requests, requirement);
    for (let request = attempt.next; request; request = attempt.next) {
      try {
        attempt.took(attempt.source.allocate(request.length, request.name), request);
      } catch (error) {
        this.#known.forget(requirement);
        attempt.failed(error);
      }
    }
    this.#known.remember(requirement, attempt.listing);
    return attempt.result;
  }

  /** Closes the heaps, after allocations that are under way. Calling it again does nothing. */
  close(): void {
    this.#closed = true;
    this.#closeHeapsWhenIdle();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #begin(requests: readonly BufferRequest[], requirement: MemoryRequirement): AllocationAttempt {
    if (this.#closed) throw new InvalidStateError('this allocator is closed: make another DmaHeapAllocator');
    const aligned = requests.map(({ name, length }) => ({
      name,
      length: alignedLength(length, requirement),
    }));
    const listing = this.#known.recall(requirement) ?? this.#list(requirement);
    return new AllocationAttempt(this.#kernel, this.#sources, listing, aligned);
  }

  #list(requirement: MemoryRequirement): HeapListing {
    const seen = this.#known.look();
    const heaps = this.#heaps(requirement);
    const [first, ...others] = this.#candidates(requirement, heaps);
    if (!first) throw noSuitableHeap(this.#kernel, requirement.contiguous, heaps);
    return { seen, heaps, candidates: [first, ...others] };
  }

  /** A kernel without heaps may still have memory for the CPU. */
  #heaps(requirement: MemoryRequirement): Heap[] {
    try {
      return listHeaps(this.#kernel);
    } catch (error) {
      const chosen = chosenResort(requirement.contiguous ? undefined : this.#choices.cpu);
      if (chosen.length > 0 || lastResorts(this.#kernel, requirement, []).length > 0) return [];
      throw error;
    }
  }

  #candidates(requirement: MemoryRequirement, heaps: readonly Heap[]): Candidate[] {
    const choice = requirement.contiguous ? this.#choices.contiguous : this.#choices.cpu;
    const chosen = chosenResort(choice);
    if (chosen.length > 0) return chosen;
    const candidates = heapCandidates(requirement, heaps, this.#choices);
    return choice ? candidates : [...candidates, ...lastResorts(this.#kernel, requirement, heaps)];
  }

  #closeHeapsWhenIdle(): void {
    if (!this.#closed || this.#pending > 0) return;
    this.#sources.close();
  }
}

function single({ buffers, heap, reason, fallbacks }: ManyAllocation): Allocation {
  const buffer = buffers[0];
  if (!buffer) throw new RangeError('expected one buffer to be allocated');
  return { buffer, heap, reason, fallbacks };
}

function alignedLength(length: number, { sizeAlignment }: MemoryRequirement): number {
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new RangeError(`expected the length of a buffer to be a positive number of bytes, got ${length}`);
  }
  return Math.ceil(length / sizeAlignment) * sizeAlignment;
}
