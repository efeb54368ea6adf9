import { isKernelError } from '../errors';
import type { CaptureConfig } from '../native/frame-loop';
import { V4L2_BUF_FLAG_ERROR, type V4l2DequeuedBuffer, type V4l2Kernel } from '../native/v4l2';
import { LoopQueue, type QueueKernel } from './loop-queue';

/** What a capture needs of the kernel. */
export type CaptureKernel = QueueKernel &
  Pick<V4l2Kernel, 'v4l2QueueBuffer' | 'v4l2DequeueBuffer' | 'v4l2StreamOn' | 'v4l2StreamOff'> & {
    /** Copies what the driver filled of its own buffer `index` into dma-bufs, by memory plane; returns the bytes. */
    copyFrame(
      camera: number,
      index: number,
      bytesUsed: readonly number[],
      targets: readonly number[],
    ): number;
  };

/** One capture of the loop: its buffers go between the driver and who holds their frames. */
export class LoopCapture extends LoopQueue {
  override readonly source = 'capture';
  #streaming = false;
  #lastSequence: number | undefined;
  /** Of `copyInto`: free ones. */
  readonly #free: number[];

  constructor(
    id: number,
    readonly config: CaptureConfig,
    protected override readonly kernel: CaptureKernel,
  ) {
    super(id, (config.copyInto ?? config.buffers).length, config.reserve, kernel);
    this.#free = [...(config.copyInto ?? []).keys()];
  }

  override get limited(): boolean {
    return this.config.frames > 0;
  }

  /** The limit is reached: nothing is dequeued any more. */
  override get ended(): boolean {
    return this.limited && this.stats.captured >= this.config.frames;
  }

  /** Queues all buffers, STREAMON. Throws KernelError, and then none is left queued. */
  start(): void {
    this.#streaming = true;
    try {
      for (const index of this.config.buffers.keys()) this.#queue(index);
      this.kernel.v4l2StreamOn(this.config.fd, this.config.bufferType);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  override stop(): void {
    if (!this.#streaming) return;
    this.#streaming = false;
    this.stats.queued = 0;
    this.dropFences();
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
      const place = this.#place(buffer);
      if (place === undefined) return 'errored';
      this.stats.captured += 1;
      const bytesUsed = buffer.planes.map((plane) => plane.bytesUsed - plane.dataOffset);
      this.slot(place).info = { sequence, timestamp, bytesUsed };
      return { index: place };
    } catch (error) {
      this.fail(error);
      return 'none';
    }
  }

  protected override free(index: number): void {
    if (this.config.copyInto) this.#free.push(index);
    else this.#requeue(index);
  }

  /** The index that a frame has for others: its buffer's, or that of its copy. */
  #place({ index, planes }: V4l2DequeuedBuffer): number | undefined {
    const { fd, copyInto } = this.config;
    if (!copyInto) return index;
    const target = this.#free.shift();
    if (target === undefined) this.stats.lost += 1;
    else {
      const bytesUsed = planes.map((plane) => plane.bytesUsed);
      const fds = (copyInto[target]?.planes ?? []).map((plane) => plane.fd);
      this.stats.copiedBytes += this.kernel.copyFrame(fd, index, bytesUsed, fds);
      this.stats.copied += 1;
    }
    this.#requeue(index);
    return target;
  }

  #requeue(index: number): void {
    if (!this.#streaming || this.failure) return;
    try {
      this.#queue(index);
    } catch (error) {
      this.fail(error);
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
}
