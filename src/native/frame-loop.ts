/**
 * The frame loop: a native thread with epoll that moves frames between kernel devices without JavaScript.
 *
 * A frame is (capture, index): one buffer of a capture's queue, from its DQBUF to its requeue. The loop counts the
 * references to it: one for each display that shows, will show or waits to show it, one for each tap delivery that has not been
 * released. When the count falls to zero the buffer is queued again. So each buffer goes back exactly once.
 *
 * Beside captures there are pools: queues of buffers that a program fills, in JavaScript or natively. They have their ids in common
 * with captures, and whatever takes a `capture` takes a pool. A pool's buffer goes round so: `acquire` (the filler has it), `submit`
 * (a frame as a capture's), and with its last reference it is free again. `cancel` gives it back unused.
 *
 * Set-up calls (`add*`, `connect`) come before `start`; taps may come and go while it runs.
 */
import type { KmsPropertyValue } from './kms';

export interface CaptureConfig {
  /** Non-blocking V4L2 fd, formats set, buffers requested; borrowed for the life of the loop. */
  fd: number;
  /** V4L2_BUF_TYPE_* */
  bufferType: number;
  /** V4L2_MEMORY_* */
  memory: number;
  /** By V4L2 index; planes are memory planes. `fd` is borrowed and stays paired with its index. */
  buffers: { planes: { fd?: number; length: number; offset?: number }[] }[];
  /**
   * For V4L2_MEMORY_MMAP (`buffers` with each plane's mmap `offset`): each frame is copied into one of these, and the driver's buffer is
   * queued again at once. `fd` is of a dma-buf, borrowed; the copy is bracketed by DMA_BUF_IOCTL_SYNC. A frame's index is that of its copy,
   * and a frame for which none is free is lost.
   */
  copyInto?: { planes: { fd: number; length: number }[] }[];
  /**
   * Buffers that taps may never take from the driver: a tap skips a frame rather than let fewer than this many stay
   * queued (or on their way back without JavaScript).
   */
  reserve: number;
  /** End of stream after this many frames; 0: never. */
  frames: number;
}

/**
 * An end of the loop for native code that works without JavaScript, possibly in another addon: an External of
 * native/frame_exchange.h. It may be used on any thread and outlive the loop.
 */
declare const nativeEnd: unique symbol;
/** Fills a pool. */
export interface NativeFiller {
  readonly [nativeEnd]: 'filler';
}
/** Takes the frames of a tap. */
export interface NativeTaker {
  readonly [nativeEnd]: 'taker';
}

export interface PoolConfig {
  /** Number of buffers. */
  buffers: number;
  /** Buffers that taps may never take from the filler, as a capture's. */
  reserve: number;
}

/** What its filler says of a frame in a pool. */
export interface PoolFrame {
  sequence: number;
  /** Integer microseconds, CLOCK_MONOTONIC: the capture's own where the frame was made of one. */
  timestamp: number;
  /** By memory plane. */
  bytesUsed: number[];
}

export interface DisplayConfig {
  /** DRM fd with atomic cap, master; borrowed. Several displays may share it. */
  fd: number;
  crtcId: number;
  /** Properties of the first commit, which may be a modeset (mode, connector, plane rectangles). FB_ID is added by the loop. */
  modeset: KmsPropertyValue[];
  /** Where FB_ID goes, and IN_FENCE_FD where the plane has it. */
  planeId: number;
  fbIdProperty: number;
  inFenceProperty?: number;
}

export interface TapConfig {
  /** The capture or pool. */
  capture: number;
  /** Frames that JavaScript (or the native taker) may hold at once (credit). */
  max: number;
  /**
   * When the credit is used up: `latest` keeps only the newest frame waiting and replaces it, `every` lets up to
   * `max` wait in order and then skips the newest. Both count what they skip.
   */
  policy: 'latest' | 'every';
  /** Whether the end of the stream waits until this tap's waiting frames are delivered: a stage's, not an onlooker's. */
  drain: boolean;
  /**
   * Microseconds of the frames' own time from one frame that this tap takes to the next; 0 or left out: every frame. Frames in
   * between cost nothing: no reference, no delivery. A frame that is due and cannot be taken leaves the next one due.
   */
  interval?: number;
  /** The frames go to native code, by `taker`, in place of `onFrame`; they wait until it is there. */
  native?: boolean;
  /** It gets only what is passed on to it by `pass`: what follows a stage in JavaScript natively. */
  passed?: boolean;
}

export interface LoopError {
  /** Which device failed. */
  source: 'capture' | 'pool' | 'display';
  id: number;
  errno: number;
  /** As the kernel spells it: `VIDIOC_DQBUF`, `DRM_IOCTL_MODE_ATOMIC`. */
  syscall: string;
}

export interface FrameLoopListener {
  /**
   * A frame handed to JavaScript: one reference, given back by `release` or passed on by `present`. Plain arguments, as an object
   * made natively costs more than the rest of the call.
   *
   * @param timestamp integer microseconds, CLOCK_MONOTONIC.
   * @param bytesUsed by memory plane.
   */
  onFrame(
    tap: number,
    capture: number,
    index: number,
    sequence: number,
    timestamp: number,
    ...bytesUsed: number[]
  ): void;
  /** The device that failed is out of the loop from here on; the rest runs on until `stop`. */
  onError(error: LoopError): void;
  /**
   * Every capture with a frame limit reached it, every pool was ended, no frame waits in a tap with `drain`, and every display has shown its last frame.
   * Frames that JavaScript holds do not hold this up. Comes again when a frame that was presented later has been shown.
   */
  onEnd(): void;
  /** A buffer of a pool is free, after `acquire` had none and where no native filler listens: once for each time that it had none. */
  onFree?(pool: number): void;
}

/** Of a capture or a pool. */
export interface CaptureStats {
  /** Frames dequeued without error; of a pool, frames submitted. */
  captured: number;
  /** Gaps in the driver's sequence numbers: frames that the driver had no buffer for. */
  lost: number;
  /** Buffers that came back with V4L2_BUF_FLAG_ERROR; recycled unseen; of a pool, frames whose fence failed. */
  errored: number;
  /** Frames that the loop copied (`copyInto`), and bytes of them. */
  copied: number;
  copiedBytes: number;
  /** Buffers with the driver now; of a pool, free ones. */
  queued: number;
  buffers: number;
}

export interface DisplayStats {
  /** Atomic commits made. */
  committed: number;
  /** Flips that came back: frames that reached the screen. */
  shown: number;
  /** Frames replaced by a newer one while a commit was pending. */
  dropped: number;
  /** Capture timestamp to flip, microseconds, over all frames so far. */
  latency: { min: number; mean: number; p50: number; p99: number; max: number };
  /** Timestamp of the last flip, integer microseconds, CLOCK_MONOTONIC; 0 before the first. */
  lastFlip: number;
}

export interface TapStats {
  delivered: number;
  /** Frames that this tap skipped: no credit, or the camera's reserve. */
  skipped: number;
  /** Frames between two that its `interval` asks for. */
  notDue: number;
}

export interface FrameLoopStats {
  /** By id, captures and pools. */
  captures: CaptureStats[];
  displays: DisplayStats[];
  /** By tap id; removed taps keep their last figures. */
  taps: TapStats[];
  /** Whether the thread got a real-time scheduling class. */
  realtime: boolean;
}

export interface FrameLoop {
  addCapture(config: CaptureConfig): number;
  /** A queue of buffers that a program fills; its id is the next one of captures and pools. */
  addPool(config: PoolConfig): number;
  /** The index of a free buffer, the caller's until `submit` or `cancel`; undefined where there is none: `onFree` follows. */
  acquire(pool: number): number | undefined;
  /**
   * Sends the frame in `index` on its way. `fence`: a sync_file fd that has to signal first, and holds back later frames of this pool; the
   * loop dups it. After `stop` this does nothing. Throws InvalidStateError where the buffer was not acquired.
   */
  submit(pool: number, index: number, frame: PoolFrame, fence?: number): void;
  /** Gives an acquired buffer back unused. */
  cancel(pool: number, index: number): void;
  /** No more frames will be submitted: the end of this pool's stream. */
  endPool(pool: number): void;
  /** To fill the pool natively. */
  filler(pool: number): NativeFiller;
  addDisplay(config: DisplayConfig): number;
  /** Frames of `capture` go straight to `display`; `framebuffers[index]` is the fb id of that buffer. */
  connect(capture: number, display: number, framebuffers: number[]): void;
  /** Makes `present` possible without a direct link. */
  allowPresent(capture: number, display: number, framebuffers: number[]): void;
  addTap(config: TapConfig): number;
  /** Frames that wait are released; those that JavaScript holds stay valid until released. */
  removeTap(tap: number): void;
  /** To take the frames of a tap with `native`. Throws InvalidStateError for another one. */
  taker(tap: number): NativeTaker;
  /**
   * Gives a delivered frame's reference back, and its credit to the tap. `fences`: sync_file fds that have to signal before the buffer
   * goes back to the driver, for another device still works on it; the loop dups them.
   */
  release(tap: number, capture: number, index: number, fences?: readonly number[]): void;
  /**
   * Passes the reference on to a display, and the credit back to the tap; with `keep` the display gets a reference
   * of its own and the tap keeps its. `fence`: a sync_file fd that the commit waits for (IN_FENCE_FD); the loop dups it.
   */
  present(tap: number, capture: number, index: number, display: number, keep: boolean, fence?: number): void;
  /**
   * Offers a delivered frame to another tap of the same capture, one with `passed`; the reference stays the caller's. The end of the
   * stream reaches that tap when no stage (no tap with `drain`) holds a frame any more.
   */
  pass(tap: number, capture: number, index: number, to: number): void;
  /** Queues all buffers, STREAMON, starts the thread. Rejects with KernelError where the first QBUF or STREAMON fails. */
  start(): Promise<void>;
  /**
   * Adds properties to the next commit of a display (a re-commit of the frame on screen if none comes), once, and waits for the out-fence
   * of `outFence`: this is how the writeback connector is read.
   */
  commitOnce(
    display: number,
    properties: KmsPropertyValue[],
    outFence?: { objectId: number; propertyId: number },
  ): Promise<void>;
  /**
   * Waits for a pending flip (at most a second), STREAMOFF, ends the thread. Pools have no free buffers any more. Every buffer is out of the driver
   * afterwards; frames that JavaScript holds stay readable. Idempotent.
   */
  stop(): Promise<void>;
  stats(): FrameLoopStats;
}
