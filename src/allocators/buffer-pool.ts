import type { AllocationSource } from './allocation-attempt';
import type { BufferReserve } from './buffer-reserve';
import { DmaBuf } from './dma-buf';
import type { DmaHeapAllocator } from './dma-heap-allocator';
import { bufferName } from './kernel-name';
import type { MemoryRequirement } from './memory-requirement';
import type { BufferKernel } from './shared-dma-buf';

export interface BufferPoolRequest {
  /** The stage that fills the buffers; in their names: `dmaflow:<pid>/<owner>:<index>`. */
  owner: string;
  /** Buffers, 1 or more. */
  count: number;
  /** Bytes of each memory plane of a buffer. */
  planeLengths: readonly number[];
  requirement: MemoryRequirement;
}

/** The memory of one frame: a dma-buf for each memory plane. The index and its dma-bufs stay together for life. */
export interface FrameBuffer {
  readonly index: number;
  /** By memory plane. Owned by the pool: `clone()` a handle to keep it longer. */
  readonly planes: readonly DmaBuf[];
}

/** Where a pool's memory came from and why, for `explain()`. */
export interface PoolSource extends Omit<AllocationSource, 'heap'> {
  /** Name of the heap; undefined where a driver exported the memory. */
  heap: string | undefined;
  /** Buffers that an earlier pool had. */
  reused: number;
}

/**
 * A fixed number of frame buffers of one size, allocated all or none. The pool owns the buffers; memory that others hold
 * a clone of lives on after `close()` until they close theirs.
 */
export class BufferPool implements Disposable {
  readonly buffers: readonly FrameBuffer[];
  readonly source: PoolSource;

  private constructor(planes: readonly (readonly DmaBuf[])[], source: PoolSource) {
    this.buffers = planes.map((each, index) => ({ index, planes: each }));
    this.source = source;
  }

  /**
   * Allocates a pool from a heap; the event loop is not blocked.
   * @param reserve buffers of an earlier pool: those that fit are used again, only what is missing is allocated. It is
   * closed first, so that a larger pool finds the memory of a smaller one free.
   */
  static async allocate(
    allocator: DmaHeapAllocator,
    request: BufferPoolRequest,
    reserve?: BufferReserve,
  ): Promise<BufferPool> {
    const { owner, count, planeLengths, requirement } = request;
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`${owner}: expected a pool of at least 1 buffer, got ${count}`);
    }
    if (planeLengths.length === 0)
      throw new RangeError(`${owner}: expected at least one memory plane, got none`);
    const [first] = reserve ? allocator.candidates(requirement) : [];
    const reused = reserve?.take(first?.heap.name, planeLengths, count) ?? [];
    if (reused.length === count) {
      const heap = first?.heap.name;
      return new BufferPool(reused, { heap, reason: first?.reason ?? '', fallbacks: [], reused: count });
    }
    const indices = Array.from({ length: count - reused.length }, (_, index) => reused.length + index);
    const requests = indices.flatMap((index) =>
      planeLengths.map((length, plane) => ({
        length,
        name: planeName(owner, index, plane, planeLengths.length),
      })),
    );
    try {
      const { buffers, ...source } = await allocator.allocateMany(requests, requirement);
      const planeCount = planeLengths.length;
      const added = indices.map((_, at) => buffers.slice(at * planeCount, (at + 1) * planeCount));
      return new BufferPool([...reused, ...added], { ...source, reused: reused.length });
    } catch (error) {
      for (const plane of reused.flat()) plane.close();
      throw error;
    }
  }

  /**
   * Makes a pool of fds that a driver exported (VIDIOC_EXPBUF), by index and memory plane. All fds belong to the pool from
   * this call on, and are closed too where it throws.
   */
  static adopt(
    kernel: BufferKernel,
    request: { owner: string; fds: readonly (readonly number[])[]; reason: string },
  ): BufferPool {
    const { owner, fds, reason } = request;
    const adopted: DmaBuf[] = [];
    const remaining = fds.flat();
    try {
      const planes = fds.map((each, index) =>
        each.map((fd, plane) => {
          remaining.shift();
          const buffer = DmaBuf.adopt(kernel, fd, { name: planeName(owner, index, plane, each.length) });
          adopted.push(buffer);
          return buffer;
        }),
      );
      return new BufferPool(planes, { heap: undefined, reason, fallbacks: [], reused: 0 });
    } catch (error) {
      for (const buffer of adopted) buffer.close();
      for (const fd of remaining) kernel.close(fd);
      throw error;
    }
  }

  /** Bytes over all buffers, as the kernel rounded them up. */
  get totalLength(): number {
    return this.#planes().reduce((sum, { length }) => sum + length, 0);
  }

  /** Cache synchronisations over all buffers so far. */
  get syncCount(): { starts: number; ends: number; restarts: number } {
    const total = { starts: 0, ends: 0, restarts: 0 };
    for (const { syncCount } of this.#planes()) {
      total.starts += syncCount.starts;
      total.ends += syncCount.ends;
      total.restarts += syncCount.restarts;
    }
    return total;
  }

  /** Gives the pool's handles back. Calling it again does nothing. */
  close(): void {
    for (const buffer of this.#planes()) buffer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #planes(): DmaBuf[] {
    return this.buffers.flatMap(({ planes }) => [...planes]);
  }
}

function planeName(owner: string, index: number, plane: number, planes: number): string {
  return bufferName(owner, index, planes > 1 ? plane : undefined);
}
