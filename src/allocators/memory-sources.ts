/** Where memory is taken from: the nodes of heaps, opened when first used and kept open, and what stands in for a heap. */
import { isKernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import { heapVanished, notPermitted } from './heap-advice';
import type { HeapCandidate } from './heap-policy';
import type { Heap } from './heaps';
import { createMemfd, MEMFD, UDMABUF, udmabufCreate, udmabufCreateAsync } from './last-resort';

/** A heap to try, or what stands in for one. */
export type Candidate = Pick<HeapCandidate, 'reason'> & { heap: Pick<Heap, 'name' | 'path' | 'kind'> };

/** Gives one buffer: its fd. */
export interface MemorySource {
  allocate(length: number, name: string): number;
  /** Off the event loop. */
  allocateAsync(length: number, name: string): Promise<number>;
}

export type SourceKernel = Pick<
  Kernel,
  | 'open'
  | 'close'
  | 'heapAlloc'
  | 'heapAllocAsync'
  | 'memfdCreate'
  | 'udmabufCreate'
  | 'udmabufCreateAsync'
  | 'pageSize'
  | 'listDirectory'
  | 'readText'
  | 'statNode'
>;

export class MemorySources {
  readonly #kernel: SourceKernel;
  /** By path. */
  readonly #sources = new Map<string, MemorySource>();
  /** Of nodes. */
  readonly #fds: number[] = [];

  constructor(kernel: SourceKernel) {
    this.#kernel = kernel;
  }

  /**
   * @param heaps those there are, for the error.
   * @throws KernelError of open, with what to do next.
   */
  of({ name, path }: Candidate['heap'], heaps: readonly Heap[]): MemorySource {
    const known = this.#sources.get(path);
    if (known) return known;
    const source = this.#make(name, path, heaps);
    this.#sources.set(path, source);
    return source;
  }

  close(): void {
    this.#sources.clear();
    for (const fd of this.#fds.splice(0)) this.#kernel.close(fd);
  }

  #make(name: string, path: string, heaps: readonly Heap[]): MemorySource {
    const kernel = this.#kernel;
    if (name === MEMFD) {
      const allocate = (length: number, bufferName: string) => createMemfd(kernel, length, bufferName).fd;
      return { allocate, allocateAsync: async (length, bufferName) => allocate(length, bufferName) };
    }
    const fd = this.#open(path, heaps);
    if (name === UDMABUF) {
      return {
        allocate: (length, bufferName) => udmabufCreate(kernel, fd, length, bufferName),
        allocateAsync: (length, bufferName) => udmabufCreateAsync(kernel, fd, length, bufferName),
      };
    }
    return {
      allocate: (length) => kernel.heapAlloc(fd, length),
      allocateAsync: (length) => kernel.heapAllocAsync(fd, length),
    };
  }

  /** A heap's node, or /dev/udmabuf. */
  #open(path: string, heaps: readonly Heap[]): number {
    try {
      const fd = this.#kernel.open(path, { access: 'read' });
      this.#fds.push(fd);
      return fd;
    } catch (error) {
      const heap = heaps.find((each) => each.path === path);
      if (heap && isKernelError(error, 'EACCES', 'EPERM')) throw notPermitted(this.#kernel, error, heap);
      if (heap && isKernelError(error, 'ENOENT')) throw heapVanished(error, heap, heaps);
      throw error;
    }
  }
}
