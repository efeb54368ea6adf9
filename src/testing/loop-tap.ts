import { InvalidStateError } from '../errors';
import type { FrameLoopListener, NativeTaker, TapConfig, TapStats } from '../native/frame-loop';
import { Pace } from '../native/pace';
import { type FakeReceiver, takerHandle } from './loop-ends';
import { FrameReference, type LoopQueue } from './loop-queue';

/** One consumer of the frames of a capture or pool: what it holds, what waits for its credit, what is on the way to it. */
export class LoopTap {
  readonly stats: TapStats = { delivered: 0, skipped: 0, notDue: 0 };
  readonly #held = new Map<number, FrameReference>();
  readonly #posted = new Set<number>();
  #receiver: FakeReceiver | undefined;
  #waiting: FrameReference[] = [];
  readonly #pace: Pace;
  #closed = false;
  #endReported = false;

  constructor(
    readonly id: number,
    readonly queue: LoopQueue,
    private readonly config: TapConfig,
    /** Calls back on a turn of its own. */
    private readonly post: (deliver: () => void) => void,
    private readonly listener: Pick<FrameLoopListener, 'onFrame'>,
    /** Native code did something. */
    private readonly onChange: () => void,
  ) {
    this.#pace = new Pace(config.interval ?? 0);
  }

  /** Whether the end of the stream has to wait for this tap. */
  get drains(): boolean {
    return this.config.drain && this.#waiting.length > 0;
  }

  /** Gets only what other taps pass on to it. */
  get passed(): boolean {
    return this.config.passed === true;
  }

  /** A stage has frames of it, or will have, that it may pass on. */
  get working(): boolean {
    return this.config.drain && !this.config.native && (this.#held.size > 0 || this.#waiting.length > 0);
  }

  offer(index: number): void {
    if (this.#closed) return;
    const { policy, max } = this.config;
    const { timestamp } = this.queue.info(index);
    if (!this.#pace.due(timestamp)) {
      this.stats.notDue += 1;
      return;
    }
    const waits = !this.#hasCredit || this.#waiting.length > 0;
    const replaced = waits && policy === 'latest' ? this.#waiting[0] : undefined;
    const full = waits && policy === 'every' && this.#waiting.length >= max;
    if (full || !this.queue.tapMayTake(index, replaced?.index)) {
      this.stats.skipped += 1;
      return;
    }
    if (replaced) {
      this.#waiting = [];
      this.stats.skipped += 1;
      replaced.drop();
    }
    const frame = new FrameReference(this.queue, index, 'tap');
    if (waits) this.#waiting.push(frame);
    else this.#deliver(frame);
    this.#pace.took(timestamp);
  }

  /** The delivered frame in `index`; throws where this tap holds none. */
  held(capture: number, index: number): FrameReference {
    const frame = this.queue.id === capture && !this.#posted.has(index) ? this.#held.get(index) : undefined;
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
    this.#deliverWaiting();
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

  taker(): NativeTaker {
    if (!this.config.native) {
      throw new InvalidStateError(`tap ${this.id} brings its frames to JavaScript: add it with native`);
    }
    return takerHandle({
      setReceiver: (receiver) => {
        this.#receiver = receiver;
        this.#deliverWaiting();
        this.onChange();
      },
      giveBack: (index) => {
        this.release(this.held(this.queue.id, index));
        this.onChange();
      },
    });
  }

  /** Tells native code once that its queue has ended and nothing waits here. */
  reportEnd(): void {
    const over = this.queue.ended && this.#waiting.length === 0 && this.#posted.size === 0;
    if (!this.#receiver || this.#closed || this.#endReported || !over) return;
    this.#endReported = true;
    this.#receiver.onEnd();
  }

  get #hasCredit(): boolean {
    return this.#held.size < this.config.max && (!this.config.native || this.#receiver !== undefined);
  }

  #deliverWaiting(): void {
    while (this.#waiting.length > 0 && this.#hasCredit) {
      const next = this.#waiting.shift();
      if (next) this.#deliver(next);
    }
  }

  #deliver(frame: FrameReference): void {
    const { index } = frame;
    this.#held.set(index, frame);
    this.#posted.add(index);
    this.post(() => {
      if (this.#held.get(index) !== frame) return;
      this.#posted.delete(index);
      this.stats.delivered += 1;
      const info = this.queue.info(index);
      if (this.config.native) {
        this.#receiver?.onFrame({ index, ...info });
        return;
      }
      const { sequence, timestamp, bytesUsed } = info;
      this.listener.onFrame(this.id, this.queue.id, index, sequence, timestamp, ...bytesUsed);
    });
  }
}
