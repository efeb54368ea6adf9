/** The frames of the frame loop that JavaScript holds: one reference each, which goes back, or on to a display, exactly once. */
import type { DmaBuf } from '../allocators/dma-buf';
import type { FrameLoop } from '../native/frame-loop';
import { distinct } from './frame';
import { FrameLease } from './frame-lease';

export class LoopLeases {
  readonly #loop: FrameLoop;
  /** By tap and index. */
  readonly #held: (LoopLease | undefined)[][] = [];
  #ended = false;

  constructor(loop: FrameLoop) {
    this.#loop = loop;
  }

  /** A frame that the loop delivered, with one handle, which is the caller's. */
  take(tap: number, capture: number, index: number, memory: readonly DmaBuf[]): FrameLease {
    const lease = new LoopLease(this, memory, tap, capture, index);
    let held = this.#held[tap];
    if (!held) {
      held = [];
      this.#held[tap] = held;
    }
    held[index] = lease;
    return lease.retain();
  }

  /**
   * Shows the frame on a display. `last`: the caller's handle is the last thing that it is good for, and so the reference itself goes to
   * the display where no other handle is open: one wake of the loop less than a reference of its own and a release.
   */
  present(lease: FrameLease, display: number, last: boolean): void {
    if (!(lease instanceof LoopLease) || lease.passedOn || this.#ended) return;
    const keep = !last || lease.handles > 1 || lease.fenced;
    this.#loop.present(lease.tap, lease.capture, lease.index, display, keep);
    lease.passedOn = !keep;
  }

  /** Offers the frame to another tap of its queue. */
  pass(lease: FrameLease, to: number): void {
    if (!(lease instanceof LoopLease) || lease.passedOn || this.#ended) return;
    this.#loop.pass(lease.tap, lease.capture, lease.index, to);
  }

  /** Of a lease whose last handle is closed. */
  release(lease: LoopLease): void {
    const { tap, capture, index } = lease;
    const held = this.#held[tap];
    // The buffer may have come round again where the reference was passed on.
    if (held?.[index] === lease) held[index] = undefined;
    if (lease.passedOn || this.#ended) return;
    if (!lease.fenced) {
      this.#loop.release(tap, capture, index);
      return;
    }
    // One sync_file for all that are on a dma-buf by now, those of displays too.
    const fences = distinct(lease.memory).map((buffer) => buffer.exportFence('write'));
    this.#loop.release(
      tap,
      capture,
      index,
      fences.map(({ fd }) => fd),
    );
    for (const fence of fences) fence.close();
  }

  /** The loop has stopped: what is still held stays readable. */
  end(): void {
    this.#ended = true;
    for (const lease of this.#held.flat()) lease?.outlivePool();
  }
}

class LoopLease extends FrameLease {
  /** The reference is a display's. */
  passedOn = false;

  constructor(
    private readonly leases: LoopLeases,
    memory: readonly DmaBuf[],
    readonly tap: number,
    readonly capture: number,
    readonly index: number,
  ) {
    super(memory);
  }

  protected override giveBack(): void {
    this.leases.release(this);
  }
}
