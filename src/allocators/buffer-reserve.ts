import type { BufferPool } from './buffer-pool';
import type { DmaBuf } from './dma-buf';

/** A buffer that is longer than this many times what is needed would waste memory. */
const MOST_TIMES = 2;

/**
 * The buffers of a pool that is about to close, for the next pool: what fits is used again, the rest goes back to its heap.
 * A frame that somebody keeps is never used again.
 */
export class BufferReserve implements Disposable {
  /** Where the buffers came from; undefined where a driver exported them, and none is kept. */
  readonly heap: string | undefined;
  #buffers: DmaBuf[][];

  /** Holds handles of its own: the pool may close. */
  constructor(pool: BufferPool) {
    this.heap = pool.source.heap;
    const kept = this.heap === undefined ? [] : pool.buffers;
    this.#buffers = kept.map(({ planes }) => planes.map((plane) => plane.clone()));
  }

  /**
   * Takes out at most `count` buffers that have these lengths at least, and no more than twice as much; they are the caller's. All
   * others are given back.
   */
  take(heap: string | undefined, planeLengths: readonly number[], count: number): DmaBuf[][] {
    const fitting = heap === this.heap ? this.#buffers.filter((planes) => fits(planes, planeLengths)) : [];
    const taken = fitting.slice(0, count);
    this.#buffers = this.#buffers.filter((planes) => !taken.includes(planes));
    this.close();
    return taken;
  }

  close(): void {
    for (const plane of this.#buffers.splice(0).flat()) plane.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function fits(planes: readonly DmaBuf[], lengths: readonly number[]): boolean {
  return (
    planes.length === lengths.length &&
    planes.every((plane, index) => {
      const length = lengths[index] ?? 0;
      return !plane.shared && plane.length >= length && plane.length <= length * MOST_TIMES;
    })
  );
}
