import { InvalidStateError } from '../errors';
import type { TapConfig, TapFrame, TapStats } from '../native/frame-loop';
import { Pace } from '../native/pace';
import { FrameReference, type LoopCapture } from './loop-capture';

/** One consumer of a capture's frames: what it holds, what waits for its credit, what is on the way to it. */
export class LoopTap {
  readonly stats: TapStats = { delivered: 0, skipped: 0, notDue: 0 };
  readonly #held = new Map<number, FrameReference>();
  readonly #posted = new Set<number>();
  #waiting: FrameReference[] = [];
  readonly #pace: Pace;
  #closed = false;

  constructor(
    readonly id: number,
    readonly capture: LoopCapture,
    private readonly config: TapConfig,
    /** Calls back on a turn of its own. */
    private readonly post: (deliver: () => void) => void,
    private readonly onFrame: (frame: TapFrame) => void,
  ) {
    this.#pace = new Pace(config.interval ?? 0);
  }

  /** Whether the end of the stream has to wait for this tap. */
  get drains(): boolean {
    return this.config.drain && this.#waiting.length > 0;
  }

  offer(index: number): void {
    if (this.#closed) return;
    const { policy, max } = this.config;
    const { timestamp } = this.capture.info(index);
    if (!this.#pace.due(timestamp)) {
      this.stats.notDue += 1;
      return;
    }
    const waits = !this.#hasCredit || this.#waiting.length > 0;
    const replaced = waits && policy === 'latest' ? this.#waiting[0] : undefined;
    const full = waits && policy === 'every' && this.#waiting.length >= max;
    if (full || !this.capture.tapMayTake(index, replaced?.index)) {
      this.stats.skipped += 1;
      return;
    }
    if (replaced) {
      this.#waiting = [];
      this.stats.skipped += 1;
      replaced.drop();
    }
    const frame = new FrameReference(this.capture, index, 'tap');
    if (waits) this.#waiting.push(frame);
    else this.#deliver(frame);
    this.#pace.took(timestamp);
  }

  /** The delivered frame in `index`; throws where this tap holds none. */
  held(capture: number, index: number): FrameReference {
    const frame = this.capture.id === capture && !this.#posted.has(index) ? this.#held.get(index) : undefined;
    if (frame) return frame;
    throw new InvalidStateError(
      `tap ${this.id} holds no frame in buffer ${index} of capture ${capture}: it was released or presented before, ` +
        'or never delivered',
    );
  }

  /** Gives the reference back, and the credit with it. */
  release(frame: FrameReference): void {
    this.#held.delete(frame.index);
    frame.drop();
    while (this.#waiting.length > 0 && this.#hasCredit) {
      const next = this.#waiting.shift();
      if (next) this.#deliver(next);
    }
  }

  /** Nothing is delivered any more; what JavaScript holds stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const undelivered = [...this.#posted].flatMap((index) => this.#held.get(index) ?? []);
    this.stats.skipped += this.#waiting.length + undelivered.length;
    for (const frame of undelivered) this.#held.delete(frame.index);
    for (const frame of [...this.#waiting, ...undelivered]) frame.drop();
    this.#posted.clear();
    this.#waiting = [];
  }

  get #hasCredit(): boolean {
    return this.#held.size < this.config.max;
  }

  #deliver(frame: FrameReference): void {
    const { index } = frame;
    this.#held.set(index, frame);
    this.#posted.add(index);
    this.post(() => {
      if (this.#held.get(index) !== frame) return;
      this.#posted.delete(index);
      this.stats.delivered += 1;
      this.onFrame({ tap: this.id, capture: this.capture.id, index, ...this.capture.info(index) });
    });
  }
}
