import { InvalidStateError, isKernelError, type KernelError } from '../errors';
import type { CaptureStats } from '../native/frame-loop';

/** Who keeps a frame: what taps keep waits for someone outside the loop and counts against the reserve, what displays keep does not. */
export type Holder = 'display' | 'tap';

export interface FrameInfo {
  sequence: number;
  timestamp: number;
  bytesUsed: number[];
}

interface Slot {
  display: number;
  tap: number;
  info: FrameInfo;
}

const NOTHING: FrameInfo = { sequence: 0, timestamp: 0, bytesUsed: [] };

/** One reference to the frame in a queue's buffer. The last one that is dropped gives the buffer back. */
export class FrameReference {
  #dropped = false;

  constructor(
    readonly queue: LoopQueue,
    readonly index: number,
    readonly holder: Holder,
  ) {
    queue.hold(index, holder);
  }

  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.queue.letGo(this.index, this.holder);
  }
}

/** What captures and pools have in common: buffers, and who holds each of them. */
export abstract class LoopQueue {
  readonly stats: CaptureStats;
  failure: KernelError | undefined;
  abstract readonly source: 'capture' | 'pool';
  /** Whether the end of the stream waits for this queue's. */
  abstract readonly limited: boolean;
  /** No more frames come. */
  abstract readonly ended: boolean;
  readonly #slots: Slot[];

  constructor(
    readonly id: number,
    buffers: number,
    private readonly reserve: number,
  ) {
    this.#slots = Array.from({ length: buffers }, () => ({ display: 0, tap: 0, info: NOTHING }));
    this.stats = { captured: 0, lost: 0, errored: 0, queued: 0, buffers };
  }

  get tapHeld(): number {
    return this.#slots.filter((slot) => slot.tap > 0).length;
  }

  info(index: number): FrameInfo {
    return this.slot(index).info;
  }

  /** Whether a tap may take the frame in `index`, given that it lets go of `instead` at the same time. */
  tapMayTake(index: number, instead?: number): boolean {
    const freed = instead !== undefined && this.slot(instead).tap === 1 ? 1 : 0;
    const taken = this.slot(index).tap === 0 ? 1 : 0;
    return this.tapHeld - freed + taken + this.reserve <= this.#slots.length;
  }

  hold(index: number, holder: Holder): void {
    this.slot(index)[holder] += 1;
  }

  letGo(index: number, holder: Holder): void {
    const slot = this.slot(index);
    slot[holder] -= 1;
    if (slot.display === 0 && slot.tap === 0) this.free(index);
  }

  abstract stop(): void;
  /** Nobody holds the frame in `index` any more. */
  protected abstract free(index: number): void;

  protected fail(error: unknown): void {
    if (!isKernelError(error)) throw error;
    this.failure ??= error;
  }

  protected slot(index: number): Slot {
    const slot = this.#slots[index];
    if (!slot) throw new InvalidStateError(`${this.source} ${this.id} has no buffer ${index}`);
    return slot;
  }
}
