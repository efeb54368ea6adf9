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
  /** Sync_files that have to signal before the buffer is given back. */
  fences: number[];
  /** It would be given back, but for its fences. */
  waits: boolean;
}

/** What a queue needs of the kernel, for fences. */
export interface QueueKernel {
  dup(fd: number): number;
  close(fd: number): void;
  syncFileWait(fd: number, timeoutMs: number): Promise<boolean>;
}

/** Milliseconds: a wait for a fence ends this long after the loop has. */
const FENCE_WAIT_PIECE = 50;

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
    protected readonly kernel: QueueKernel,
  ) {
    this.#slots = Array.from({ length: buffers }, () => ({
      display: 0,
      tap: 0,
      info: NOTHING,
      fences: [],
      waits: false,
    }));
    this.stats = { captured: 0, lost: 0, errored: 0, copied: 0, copiedBytes: 0, queued: 0, buffers };
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
    const waiting = this.#slots.filter((slot) => slot.waits).length;
    return this.tapHeld + waiting - freed + taken + this.reserve <= this.#slots.length;
  }

  hold(index: number, holder: Holder): void {
    this.slot(index)[holder] += 1;
  }

  letGo(index: number, holder: Holder): void {
    const slot = this.slot(index);
    slot[holder] -= 1;
    if (slot.display > 0 || slot.tap > 0) return;
    if (slot.fences.length > 0) void this.#freeLater(index, slot);
    else this.free(index);
  }

  /** The buffer is not given back before these sync_files have signalled. Somebody holds the frame. */
  addFences(index: number, fences: readonly number[]): void {
    this.slot(index).fences.push(...fences.map((fence) => this.kernel.dup(fence)));
  }

  abstract stop(): void;
  /** Nobody holds the frame in `index` any more. */
  protected abstract free(index: number): void;

  /** No fence is waited for any more; the buffers that did stay where they are. */
  protected dropFences(): void {
    for (const slot of this.#slots) {
      slot.waits = false;
      for (const fence of slot.fences.splice(0)) this.kernel.close(fence);
    }
  }

  async #freeLater(index: number, slot: Slot): Promise<void> {
    slot.waits = true;
    for (let fence = slot.fences.at(-1); fence !== undefined; fence = slot.fences.at(-1)) {
      const signalled = await this.kernel.syncFileWait(fence, FENCE_WAIT_PIECE);
      if (!slot.waits) return;
      if (!signalled) continue;
      slot.fences.pop();
      this.kernel.close(fence);
    }
    slot.waits = false;
    this.free(index);
  }

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
