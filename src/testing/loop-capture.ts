import { isKernelError, type KernelError } from '../errors';
import type { CaptureConfig, CaptureStats } from '../native/frame-loop';
import { V4L2_BUF_FLAG_ERROR, type V4l2Kernel } from '../native/v4l2';

/** What a capture needs of the kernel. */
export type CaptureKernel = Pick<
  V4l2Kernel,
  'v4l2QueueBuffer' | 'v4l2DequeueBuffer' | 'v4l2StreamOn' | 'v4l2StreamOff'
>;

/** Who keeps a frame: what taps keep waits for JavaScript and counts against the reserve, what displays keep does not. */
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

/** One reference to the frame in a capture's buffer. The last one that is dropped queues the buffer again. */
export class FrameReference {
  #dropped = false;

  constructor(
    readonly capture: LoopCapture,
    readonly index: number,
    readonly holder: Holder,
  ) {
    capture.hold(index, holder);
  }

  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.capture.letGo(this.index, this.holder);
  }
}

/** One capture of the loop: its buffers, and who holds each of them. */
export class LoopCapture {
  readonly stats: CaptureStats;
  failure: KernelError | undefined;
  readonly #slots: Slot[];
  #streaming = false;
  #lastSequence: number | undefined;

  constructor(
    readonly id: number,
    readonly config: CaptureConfig,
    private readonly kernel: CaptureKernel,
  ) {
    const nothing = { sequence: 0, timestamp: 0, bytesUsed: [] };
    this.#slots = config.buffers.map(() => ({ display: 0, tap: 0, info: nothing }));
    this.stats = { captured: 0, lost: 0, errored: 0, queued: 0, buffers: config.buffers.length };
  }

  get limited(): boolean {
    return this.config.frames > 0;
  }

  /** The limit is reached: nothing is dequeued any more. */
  get ended(): boolean {
    return this.limited && this.stats.captured >= this.config.frames;
  }

  get tapHeld(): number {
    return this.#slots.filter((slot) => slot.tap > 0).length;
  }

  info(index: number): FrameInfo {
    return this.#slot(index).info;
  }

  /** Queues all buffers, STREAMON. Throws KernelError, and then none is left queued. */
  start(): void {
    this.#streaming = true;
    try {
      for (const index of this.#slots.keys()) this.#queue(index);
      this.kernel.v4l2StreamOn(this.config.fd, this.config.bufferType);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  stop(): void {
    if (!this.#streaming) return;
    this.#streaming = false;
    this.stats.queued = 0;
    try {
      this.kernel.v4l2StreamOff(this.config.fd, this.config.bufferType);
    } catch (error) {
      // A device that is gone has no buffers of ours.
      if (!isKernelError(error)) throw error;
    }
  }

  /** Takes one buffer. `errored`: it was recycled unseen. `none`: nothing is ready, or the device failed. */
  dequeue(): { index: number } | 'errored' | 'none' {
    if (!this.#streaming || this.failure) return 'none';
    const { fd, bufferType, memory } = this.config;
    try {
      const buffer = this.kernel.v4l2DequeueBuffer(fd, bufferType, memory);
      if (!buffer) return 'none';
      const { index, sequence, timestamp } = buffer;
      this.stats.queued -= 1;
      this.#countSequence(sequence);
      if ((buffer.flags & V4L2_BUF_FLAG_ERROR) !== 0) {
        this.stats.errored += 1;
        this.#requeue(index);
        return 'errored';
      }
      this.stats.captured += 1;
      const bytesUsed = buffer.planes.map((plane) => plane.bytesUsed - plane.dataOffset);
      this.#slot(index).info = { sequence, timestamp, bytesUsed };
      return { index };
    } catch (error) {
      this.#fail(error);
      return 'none';
    }
  }

  /** Whether a tap may take the frame in `index`, given that it lets go of `instead` at the same time. */
  tapMayTake(index: number, instead?: number): boolean {
    const freed = instead !== undefined && this.#slot(instead).tap === 1 ? 1 : 0;
    const taken = this.#slot(index).tap === 0 ? 1 : 0;
    return this.tapHeld - freed + taken + this.config.reserve <= this.#slots.length;
  }

  hold(index: number, holder: Holder): void {
    this.#slot(index)[holder] += 1;
  }

  letGo(index: number, holder: Holder): void {
    const slot = this.#slot(index);
    slot[holder] -= 1;
    if (slot.display === 0 && slot.tap === 0) this.#requeue(index);
  }

  #requeue(index: number): void {
    if (!this.#streaming || this.failure) return;
    try {
      this.#queue(index);
    } catch (error) {
      this.#fail(error);
    }
  }

  #queue(index: number): void {
    const { fd, bufferType, memory, buffers } = this.config;
    this.kernel.v4l2QueueBuffer(fd, bufferType, memory, index, buffers[index]?.planes ?? []);
    this.stats.queued += 1;
  }

  #countSequence(sequence: number): void {
    const step = sequence - (this.#lastSequence ?? sequence);
    if (step > 1) this.stats.lost += step - 1;
    this.#lastSequence = sequence;
  }

  #fail(error: unknown): void {
    if (!isKernelError(error)) throw error;
    this.failure ??= error;
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index];
    if (!slot) throw new RangeError(`capture ${this.id} has no buffer ${index}`);
    return slot;
  }
}
