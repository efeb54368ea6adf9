/** A frame loop from a camera to a display, set up for a test, with everything its listener heard. */
import type { FrameLoop, LoopError, TapConfig } from '../../src/native/frame-loop';
import { V4L2_MEMORY_DMABUF } from '../../src/native/v4l2';
import { type Session, until } from './bench';
import { Capture } from './capture';
import { Display } from './display';
import { keepIn, type TapFrame } from './tap-frame';

export interface LoopOptions {
  /** Direct link to the display (default), `present` only, or no display at all. */
  display?: 'direct' | 'present' | 'none';
  buffers?: number;
  reserve?: number;
  /** End after this many frames. */
  frames?: number;
  /** Instead of the ids of the framebuffers. */
  framebuffers?: number[];
}

export class LoopBench {
  readonly loop: FrameLoop;
  readonly camera: Capture;
  readonly display: Display | undefined;
  readonly capture: number;
  /** The loop's id of the display; -1 without one. */
  readonly screen: number;
  readonly framebuffers: number[] = [];
  readonly frames: TapFrame[] = [];
  readonly errors: LoopError[] = [];
  ends = 0;

  constructor(session: Session, options: LoopOptions = {}) {
    const { display = 'direct', buffers = 4, reserve = 1, frames = 0 } = options;
    this.camera = new Capture(session);
    this.camera.allocate(buffers);
    this.loop = session.kernel.createFrameLoop({
      onFrame: keepIn(this.frames),
      onError: (error) => this.errors.push(error),
      onEnd: () => {
        this.ends += 1;
      },
    });
    this.capture = this.loop.addCapture({
      fd: this.camera.fd,
      bufferType: this.camera.type,
      memory: V4L2_MEMORY_DMABUF,
      buffers: this.camera.buffers.map((planes) => ({ planes })),
      reserve,
      frames,
    });
    this.display = display === 'none' ? undefined : new Display(session);
    this.screen = this.display
      ? this.#addDisplay(this.display, display === 'direct', options.framebuffers)
      : -1;
  }

  #addDisplay(display: Display, direct: boolean, framebuffers: number[] | undefined): number {
    this.framebuffers.push(...this.camera.buffers.map(([plane]) => display.framebufferOf(plane?.fd ?? -1)));
    const fbIdProperty = display.property(display.plane, 'plane', 'FB_ID');
    const screen = this.loop.addDisplay({
      fd: display.fd,
      crtcId: display.crtc,
      modeset: display.modeset(0).filter(({ propertyId }) => propertyId !== fbIdProperty),
      planeId: display.plane,
      fbIdProperty,
      inFenceProperty: display.property(display.plane, 'plane', 'IN_FENCE_FD'),
    });
    const ids = framebuffers ?? this.framebuffers;
    if (direct) this.loop.connect(this.capture, screen, ids);
    else this.loop.allowPresent(this.capture, screen, ids);
    return screen;
  }

  addTap(config: Omit<TapConfig, 'capture' | 'drain'> & { drain?: boolean }): number {
    return this.loop.addTap({ capture: this.capture, drain: false, ...config });
  }

  /** The next frame that a tap delivers. */
  nextFrame(): Promise<TapFrame> {
    return until(() => this.frames.shift());
  }

  release({ tap, capture, index }: TapFrame): void {
    this.loop.release(tap, capture, index);
  }

  /** Until the camera has delivered this many frames in all. */
  async captured(count: number): Promise<void> {
    await until(() => (this.loop.stats().captures[0]?.captured ?? 0) >= count || undefined);
  }

  async ended(): Promise<void> {
    await until(() => this.ends > 0 || undefined);
  }
}
