/** One allocation's way through the heaps that may serve it, step by step, so that each step may block or not. */
import { isKernelError, type KernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import { DmaBuf } from './dma-buf';
import { exhausted, isExhausted } from './heap-advice';
import type { HeapListing } from './known-heaps';
import type { Candidate, MemorySource, MemorySources } from './memory-sources';
import type { BufferKernel } from './shared-dma-buf';

export interface BufferRequest {
  /** Bytes; rounded up to the requirement's `sizeAlignment`, and by the kernel to whole pages. */
  length: number;
  /** As `bufferName` makes it: `dmaflow:812/camera:3`. */
  name: string;
}

/** How an allocation came to its heap, for `explain()`. */
export interface AllocationSource {
  /** Name of the heap. */
  heap: string;
  /** For people: why this heap. */
  reason: string;
  /** Heaps that were tried before and had not enough memory, in order. */
  fallbacks: readonly { heap: string; error: KernelError }[];
}

export interface ManyAllocation extends AllocationSource {
  buffers: DmaBuf[];
}

type AttemptKernel = BufferKernel & Pick<Kernel, 'readText'>;

/**
 * Allocates all buffers or none, all from one heap: while there is a `next`, its memory is taken from `source`, and `took` or
 * `failed` says how that went.
 */
export class AllocationAttempt {
  readonly listing: HeapListing;
  readonly #kernel: AttemptKernel;
  readonly #sources: MemorySources;
  readonly #requests: readonly BufferRequest[];
  readonly #fallbacks: { heap: string; error: KernelError }[] = [];
  #candidate: Candidate;
  #buffers: DmaBuf[] = [];

  /** @param requests with lengths that are aligned. */
  constructor(
    kernel: AttemptKernel,
    sources: MemorySources,
    listing: HeapListing,
    requests: readonly BufferRequest[],
  ) {
    this.#kernel = kernel;
    this.#sources = sources;
    this.listing = listing;
    this.#requests = requests;
    this.#candidate = listing.candidates[0];
  }

  /** Undefined when all are there. */
  get next(): BufferRequest | undefined {
    return this.#requests[this.#buffers.length];
  }

  /** @throws KernelError where it cannot be opened, for {@link failed}. */
  get source(): MemorySource {
    return this.#sources.of(this.#candidate.heap, this.listing.heaps);
  }

  /** The memory of `next`. It belongs to the attempt, and is closed too where this throws, for {@link failed}. */
  took(fd: number, { name }: BufferRequest): void {
    this.#buffers.push(DmaBuf.adopt(this.#kernel, fd, { name, heap: this.#candidate.heap.name }));
  }

  /**
   * What was taken is given back, and the next heap asked for all of it.
   * @throws what failed, where that was not a lack of memory or there is no further heap.
   */
  failed(error: unknown): void {
    const given = this.#buffers.length;
    for (const buffer of this.#buffers) buffer.close();
    this.#buffers = [];
    if (!isKernelError(error) || !isExhausted(error)) throw error;
    const { heap } = this.#candidate;
    const next = this.listing.candidates[this.#fallbacks.length + 1];
    if (!next) {
      throw exhausted(this.#kernel, error, heap, {
        lengths: this.#requests.map(({ length }) => length),
        given,
        alsoTried: this.#fallbacks.map((fallback) => fallback.heap),
      });
    }
    this.#fallbacks.push({ heap: heap.name, error });
    this.#candidate = next;
  }

  /** When all are there: the caller owns them. */
  get result(): ManyAllocation {
    const { heap, reason } = this.#candidate;
    const fallbacks = this.#fallbacks;
    return { buffers: this.#buffers, heap: heap.name, reason: reason + saidAlso(fallbacks), fallbacks };
  }
}

function saidAlso(fallbacks: readonly { heap: string }[]): string {
  return fallbacks.length === 0
    ? ''
    : `; ${fallbacks.map(({ heap }) => heap).join(', ')} had not enough memory`;
}
