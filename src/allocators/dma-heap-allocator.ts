import { InvalidStateError, isKernelError, type KernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import { DmaBuf } from './dma-buf';
import { exhausted, heapVanished, isExhausted, noSuitableHeap, notPermitted } from './heap-advice';
import {
  type HeapCandidate,
  type HeapChoices,
  type HeapPreferences,
  heapCandidates,
  heapChoices,
} from './heap-policy';
import { type Heap, listHeaps } from './heaps';
import { KnownHeaps, type Seen } from './known-heaps';
import {
  chosenResort,
  createMemfd,
  lastResorts,
  MEMFD,
  UDMABUF,
  udmabufCreate,
  udmabufCreateAsync,
} from './last-resort';
import type { MemoryRequirement } from './memory-requirement';
import type { BufferKernel } from './shared-dma-buf';

export type AllocatorKernel = BufferKernel &
  Pick<
    Kernel,
    | 'open'
    | 'heapAlloc'
    | 'heapAllocAsync'
    | 'memfdCreate'
    | 'udmabufCreate'
    | 'udmabufCreateAsync'
    | 'pageSize'
    | 'listDirectory'
    | 'statNode'
    | 'readText'
  >;

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

/** Where memory may come from: a heap, or what stands in for one. */
type Candidate = Pick<HeapCandidate, 'reason'> & { heap: Pick<Heap, 'name' | 'path' | 'kind'> };

/** The heaps of one moment, and those among them that fit. */
interface Listing extends Seen {
  heaps: readonly Heap[];
  candidates: readonly Candidate[];
}

/** One buffer to allocate; the answer is the fd. */
interface Step {
  allocate(): number;
  allocateAsync(): Promise<number>;
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
  readonly #nodeFds = new Map<string, number>();
  readonly #known: KnownHeaps<Listing>;
  /** Allocations under way on worker threads, which use the heaps' fds. */
  #pending = 0;
  #closed = false;

  /** @throws TypeError, RangeError for what cannot be the name of a heap. */
  constructor(kernel: AllocatorKernel, options: DmaHeapAllocatorOptions = {}) {
    this.#kernel = kernel;
    this.#choices = heapChoices(options.heaps ?? {}, options.env ?? process.env);
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
    const steps = this.#steps(requests, requirement);
    this.#pending += 1;
    try {
      let next = steps.next();
      while (!next.done) {
        const outcome = await next.value.allocateAsync().then(
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
      let fd: number;
      try {
        fd = next.value.allocate();
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
    const listing = this.#known.recall(requirement) ?? this.#list(requirement);
    const { heaps, candidates } = listing;
    const fallbacks: { heap: string; error: KernelError }[] = [];
    for (const [index, { heap, reason }] of candidates.entries()) {
      const buffers: DmaBuf[] = [];
      try {
        for (const { name, length } of aligned) {
          const fd = yield this.#step(heap, heaps, length, name);
          buffers.push(DmaBuf.adopt(this.#kernel, fd, { name, heap: heap.name }));
        }
        this.#known.remember(requirement, listing);
        return { buffers, heap: heap.name, reason: reason + saidAlso(fallbacks), fallbacks };
      } catch (error) {
        this.#known.forget(requirement);
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

  #list(requirement: MemoryRequirement): Listing {
    const seen = this.#known.look();
    const heaps = this.#heaps(requirement);
    return { seen, heaps, candidates: this.#candidates(requirement, heaps) };
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

  #step({ name: heap, path }: Candidate['heap'], heaps: readonly Heap[], length: number, name: string): Step {
    const kernel = this.#kernel;
    if (heap === MEMFD) {
      const allocate = () => createMemfd(kernel, length, name).fd;
      return { allocate, allocateAsync: async () => allocate() };
    }
    const fd = this.#nodeFd(path, heaps);
    if (heap === UDMABUF) {
      return {
        allocate: () => udmabufCreate(kernel, fd, length, name),
        allocateAsync: () => udmabufCreateAsync(kernel, fd, length, name),
      };
    }
    return {
      allocate: () => kernel.heapAlloc(fd, length),
      allocateAsync: () => kernel.heapAllocAsync(fd, length),
    };
  }

  /** Of a heap's node, or of /dev/udmabuf. */
  #nodeFd(path: string, heaps: readonly Heap[]): number {
    const open = this.#nodeFds.get(path);
    if (open !== undefined) return open;
    try {
      const fd = this.#kernel.open(path, { access: 'read' });
      this.#nodeFds.set(path, fd);
      return fd;
    } catch (error) {
      const heap = heaps.find((each) => each.path === path);
      if (heap && isKernelError(error, 'EACCES', 'EPERM')) throw notPermitted(this.#kernel, error, heap);
      if (heap && isKernelError(error, 'ENOENT')) throw heapVanished(error, heap, heaps);
      throw error;
    }
  }

  #closeHeapsWhenIdle(): void {
    if (!this.#closed || this.#pending > 0) return;
    for (const fd of this.#nodeFds.values()) this.#kernel.close(fd);
    this.#nodeFds.clear();
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
