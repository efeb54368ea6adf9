import { InvalidStateError, isKernelError, type KernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import { type BufferKernel, DmaBuf } from './dma-buf';
import { exhausted, heapVanished, isExhausted, noSuitableHeap, notPermitted } from './heap-advice';
import {
  type HeapCandidate,
  type HeapChoices,
  type HeapPreferences,
  heapCandidates,
  heapChoices,
} from './heap-policy';
import { type Heap, listHeaps } from './heaps';
import type { MemoryRequirement } from './memory-requirement';

export type AllocatorKernel = BufferKernel &
  Pick<Kernel, 'open' | 'heapAlloc' | 'heapAllocAsync' | 'listDirectory' | 'statNode' | 'readText'>;

export interface DmaHeapAllocatorOptions {
  /** Heaps to use instead of the usual ones; wins over the environment. */
  heaps?: HeapPreferences;
  /** Where `DMAFLOW_HEAP_CONTIGUOUS` and `DMAFLOW_HEAP_CPU` are read; `process.env` by default. */
  env?: Readonly<Record<string, string | undefined>>;
}

export interface BufferRequest {
  /** Bytes; rounded up to the requirement's `sizeAlignment`, and by the kernel to whole pages. */
  length: number;
  /** As `bufferName` makes it: `dmaflow:812/camera:3`. */
  name: string;
}

export interface AllocationRequest extends BufferRequest {
  requirement: MemoryRequirement;
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

/** The caller owns the buffers. */
export interface Allocation extends AllocationSource {
  buffer: DmaBuf;
}

export interface ManyAllocation extends AllocationSource {
  buffers: DmaBuf[];
}

/** One DMA_HEAP_IOCTL_ALLOC to make; the answer is the fd. */
interface Step {
  heapFd: number;
  length: number;
}

type Steps = Generator<Step, ManyAllocation, number>;

/**
 * Allocates dma-bufs from the heap that fits what they are needed for (see `heap-policy.ts`). A heap that has not
 * enough memory gives way to the next one that satisfies the requirement, and the result says so.
 *
 * Heaps are opened when first used and kept open until `close()`; buffers outlive the allocator.
 */
export class DmaHeapAllocator implements Disposable {
  readonly #kernel: AllocatorKernel;
  readonly #choices: HeapChoices;
  /** By path. */
  readonly #heapFds = new Map<string, number>();
  /** Allocations under way on worker threads, which use the heaps' fds. */
  #pending = 0;
  #closed = false;

  /** @throws TypeError, RangeError for what cannot be the name of a heap. */
  constructor(kernel: AllocatorKernel, options: DmaHeapAllocatorOptions = {}) {
    this.#kernel = kernel;
    this.#choices = heapChoices(options.heaps ?? {}, options.env ?? process.env);
  }

  /** The heaps that would be tried for a requirement, in order, each with its reason. */
  candidates(requirement: MemoryRequirement): HeapCandidate[] {
    return heapCandidates(requirement, listHeaps(this.#kernel), this.#choices);
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
    const steps = this.#steps(requests, requirement);
    this.#pending += 1;
    try {
      let next = steps.next();
      while (!next.done) {
        const { heapFd, length } = next.value;
        const outcome = await this.#kernel.heapAllocAsync(heapFd, length).then(
          (fd) => ({ fd }),
          (error: unknown) => ({ error }),
        );
        next = 'fd' in outcome ? steps.next(outcome.fd) : steps.throw(outcome.error);
      }
      return next.value;
    } finally {
      this.#pending -= 1;
      this.#closeHeapsWhenIdle();
    }
  }

  /** The same, blocking. */
  allocateManySync(requests: readonly BufferRequest[], requirement: MemoryRequirement): ManyAllocation {
    const steps = this.#steps(requests, requirement);
    let next = steps.next();
    while (!next.done) {
      const { heapFd, length } = next.value;
      let fd: number;
      try {
        fd = this.#kernel.heapAlloc(heapFd, length);
      } catch (error) {
        next = steps.throw(error);
        continue;
      }
      next = steps.next(fd);
    }
    return next.value;
  }

  /** Closes the heaps, after allocations that are under way. Calling it again does nothing. */
  close(): void {
    this.#closed = true;
    this.#closeHeapsWhenIdle();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  *#steps(requests: readonly BufferRequest[], requirement: MemoryRequirement): Steps {
    if (this.#closed) throw new InvalidStateError('this allocator is closed: make another DmaHeapAllocator');
    const aligned = requests.map(({ name, length }) => ({
      name,
      length: alignedLength(length, requirement),
    }));
    const heaps = listHeaps(this.#kernel);
    const candidates = heapCandidates(requirement, heaps, this.#choices);
    const fallbacks: { heap: string; error: KernelError }[] = [];
    for (const [index, { heap, reason }] of candidates.entries()) {
      const heapFd = this.#heapFd(heap, heaps);
      const buffers: DmaBuf[] = [];
      try {
        for (const { name, length } of aligned) {
          buffers.push(DmaBuf.adopt(this.#kernel, yield { heapFd, length }, { name, heap: heap.name }));
        }
        return { buffers, heap: heap.name, reason: reason + saidAlso(fallbacks), fallbacks };
      } catch (error) {
        for (const buffer of buffers) buffer.close();
        if (!isKernelError(error) || !isExhausted(error)) throw error;
        if (index === candidates.length - 1) {
          throw exhausted(this.#kernel, error, heap, {
            lengths: aligned.map(({ length }) => length),
            given: buffers.length,
            alsoTried: fallbacks.map((fallback) => fallback.heap),
          });
        }
        fallbacks.push({ heap: heap.name, error });
      }
    }
    throw noSuitableHeap(this.#kernel, requirement.contiguous, heaps);
  }

  #heapFd(heap: Heap, heaps: readonly Heap[]): number {
    const open = this.#heapFds.get(heap.path);
    if (open !== undefined) return open;
    try {
      const fd = this.#kernel.open(heap.path, { access: 'read' });
      this.#heapFds.set(heap.path, fd);
      return fd;
    } catch (error) {
      if (isKernelError(error, 'EACCES', 'EPERM')) throw notPermitted(this.#kernel, error, heap);
      if (isKernelError(error, 'ENOENT')) throw heapVanished(error, heap, heaps);
      throw error;
    }
  }

  #closeHeapsWhenIdle(): void {
    if (!this.#closed || this.#pending > 0) return;
    for (const fd of this.#heapFds.values()) this.#kernel.close(fd);
    this.#heapFds.clear();
  }
}

function single({ buffers, ...source }: ManyAllocation): Allocation {
  const [buffer] = buffers;
  if (!buffer) throw new RangeError('expected one buffer to be allocated');
  return { buffer, ...source };
}

function alignedLength(length: number, { sizeAlignment }: MemoryRequirement): number {
  if (!Number.isSafeInteger(length) || length <= 0) {
    throw new RangeError(`expected the length of a buffer to be a positive number of bytes, got ${length}`);
  }
  return Math.ceil(length / sizeAlignment) * sizeAlignment;
}

function saidAlso(fallbacks: readonly { heap: string }[]): string {
  return fallbacks.length === 0
    ? ''
    : `; ${fallbacks.map(({ heap }) => heap).join(', ')} had not enough memory`;
}
