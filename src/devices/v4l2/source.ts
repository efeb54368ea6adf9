/** `v4l2Source()`: frames of a V4L2 camera. */
import type { FrameBuffer } from '../../allocators/buffer-pool';
import type { DmaBuf } from '../../allocators/dma-buf';
import { memoryRequirement } from '../../allocators/memory-requirement';
import { InvalidStateError, type KernelError } from '../../errors';
import { type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import type { V4l2FrameSize } from '../../native/v4l2';
import { type Caps, fixed, type PlaneArrangement, type Range, type VideoFormat } from '../../pipeline/caps';
import { type FormatWish, wishOf } from '../../pipeline/format-negotiation';
import type { FrameLayout } from '../../pipeline/frame-layout';
import { CAMERA_HOLD } from '../../pipeline/memory-plan';
import type {
  CaptureAttachment,
  CaptureStep,
  OpenCaptureSource,
  SourceStage,
  StageContext,
} from '../../pipeline/stage';
import { memoryRegions } from '../memory-regions';
import { CaptureDevice } from './capture-device';
import type { CaptureFormat } from './capture-formats';
import { exportBuffers, importBuffers, type QueueBuffers, requestOwnBuffers } from './capture-memory';
import { type CaptureConfiguration, planesAt } from './configuration';

export interface V4l2SourceOptions {
  /** Device node, `/dev/video0`. Without this, `driver` and `card` the first camera is taken. */
  device?: string;
  /** Kernel driver: `uvcvideo`, `unicam`, `vivid`. */
  driver?: string;
  /** The camera's name, or part of it. */
  card?: string;
  /** Input of a device that has several; the one it is set to by default. */
  input?: number;
  /** Pixels. Binding where given; by default the offered size nearest to 1280x720 that the consumers take. */
  width?: number;
  height?: number;
  /** Frames a second; by default the rate nearest to 30 that the camera offers, where it says. */
  fps?: number;
  /** Pixel format by DRM's name; by default the best that all consumers take. */
  format?: PixelFormatName;
  /** Each colour plane in a dma-buf of its own (NV12M and the like); one dma-buf by default, where there is a choice. */
  arrangement?: PlaneArrangement;
  /**
   * How frames get into buffers that others can use: `import` (into buffers of a heap), `export` (into the driver's own,
   * which displays import), `copy` (out of the driver's own, by the frame loop). By default the first of these that works;
   * one of them, or a list in order, forces or forbids steps.
   */
  capture?: CaptureStep | readonly CaptureStep[];
  /** End after this many frames; never by default. */
  frames?: number;
  /** Stage name; `camera` by default. */
  name?: string;
}

/** A camera. It needs contiguous memory: its DMA engine is taken to have no IOMMU. */
export function v4l2Source(options: V4l2SourceOptions = {}): SourceStage {
  const { frames } = options;
  if (frames !== undefined && (!Number.isSafeInteger(frames) || frames < 0)) {
    throw new RangeError(`v4l2Source: frames must be a whole number, got ${frames}`);
  }
  checkSteps(options.capture);
  return {
    role: 'source',
    defaultName: 'camera',
    name: options.name,
    open: (context) => new CameraSource(context, options),
  };
}

const USUAL_FPS = 30;
/** Of the driver's own where frames are copied: one being filled, one to go on with, one being copied. */
const OWN_BUFFERS = CAMERA_HOLD + 1;
const STEPS: readonly CaptureStep[] = ['import', 'export', 'copy'];
const ANY: Range = { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1 };

class CameraSource implements OpenCaptureSource {
  readonly kind = 'capture';
  readonly device: string;
  readonly caps: readonly Caps[];
  readonly requirement;
  readonly wish: FormatWish;
  readonly #camera: CaptureDevice;
  readonly #options: V4l2SourceOptions;
  #made: CaptureConfiguration | undefined;
  #heap: string | undefined;

  constructor(context: StageContext, options: V4l2SourceOptions) {
    this.#options = { ...options, ...context.changes };
    this.#camera = CaptureDevice.open(context.kernel, options);
    try {
      this.device = `${this.#camera.info.driver} (${this.#camera.info.path})`;
      // An unknown name is the caller's mistake: say so before the camera is asked.
      if (this.#options.format !== undefined) pixelFormat(this.#options.format);
      this.caps = this.#offered(this.#options.format).flatMap(formatCaps);
      this.wish = wishOf(this.#options);
      this.requirement = {
        memory: memoryRequirement({
          contiguous: true,
          count: CAMERA_HOLD,
          regions: memoryRegions(context.kernel, this.#camera.info.path),
        }),
        use: `${this.#camera.info.driver} writes it by DMA`,
      };
    } catch (error) {
      this.#camera.close();
      throw error;
    }
  }

  configure(format: VideoFormat): FrameLayout {
    const made = this.#camera.configure({
      pixelFormat: format.format,
      separatePlanes: format.arrangement === 'separate-buffers',
      width: format.width,
      height: format.height,
      fps: this.#options.fps ?? this.#usualRate(format),
    });
    this.#made = made;
    return {
      format: made.pixelFormat,
      arrangement: format.arrangement,
      width: made.width,
      height: made.height,
      planes: made.planes,
      memoryPlanes: made.memoryPlanes.map((plane) => plane.sizeImage),
      colorSpace: made.colorSpace,
      fps: made.fps,
    };
  }

  /** What a user binds the format to; all there is where it is not offered, for the message. */
  #offered(format: PixelFormatName | undefined): CaptureFormat[] {
    const offered = this.#camera.formats(format);
    return offered.length > 0 ? offered : this.#camera.formats();
  }

  /** A camera may be left at any rate by the last program: vivid starts at 5 fps at some sizes. */
  #usualRate({ format, arrangement, width, height }: VideoFormat): number | undefined {
    const offered = this.#camera
      .formats(format)
      .find((f) => f.separatePlanes === (arrangement === 'separate-buffers'));
    const rates = offered ? this.#camera.frameRates(offered, width, height) : [];
    const nearest = rates.map(({ min, max }) => Math.min(max, Math.max(min, USUAL_FPS)));
    return nearest.sort((a, b) => Math.abs(a - USUAL_FPS) - Math.abs(b - USUAL_FPS))[0];
  }

  get captureSteps(): readonly CaptureStep[] {
    const { capture } = this.#options;
    if (capture === undefined) return STEPS;
    return typeof capture === 'string' ? [capture] : capture;
  }

  importObstacle(): string | undefined {
    return this.#camera.supportsImport()
      ? undefined
      : `${this.device} does not import dma-bufs (REQBUFS with V4L2_MEMORY_DMABUF: EINVAL)`;
  }

  tryImport(planes: readonly DmaBuf[], heap: string): KernelError | undefined {
    return this.#camera.checkImport(planes, heap);
  }

  attach(buffers: readonly FrameBuffer[], heap: string | undefined): CaptureAttachment {
    this.#heap = heap;
    return this.#attachment(importBuffers(this.#camera, buffers, heap));
  }

  export(count: number): CaptureAttachment & { fds: number[][] } {
    const exported = exportBuffers(this.#camera, count, this.#configuration.memoryPlanes.length);
    return { ...this.#attachment(exported), fds: exported.fds };
  }

  copyInto(targets: readonly FrameBuffer[]): CaptureAttachment {
    const { config, planes } = this.#attachment(requestOwnBuffers(this.#camera, OWN_BUFFERS));
    const copyInto = targets.map((target) => ({
      planes: target.planes.map(({ fd, length }) => ({ fd, length })),
    }));
    return { config: { ...config, copyInto }, planes };
  }

  #attachment({ memory, buffers, dataOffset }: QueueBuffers): CaptureAttachment {
    const config = {
      fd: this.#camera.fd,
      bufferType: this.#camera.bufferType,
      memory,
      buffers,
      reserve: CAMERA_HOLD,
      frames: this.#options.frames ?? 0,
    };
    return { config, planes: planesAt(this.#configuration, dataOffset) };
  }

  get #configuration(): CaptureConfiguration {
    if (!this.#made) throw new InvalidStateError(`configure ${this.device} before its buffers`);
    return this.#made;
  }

  advise(error: KernelError): KernelError {
    return this.#camera.advise(error, this.#heap);
  }

  detach(): void {
    this.#camera.releaseBuffers();
  }

  close(): void {
    this.#camera.close();
  }
}

function checkSteps(capture: V4l2SourceOptions['capture']): void {
  if (capture === undefined) return;
  const steps = typeof capture === 'string' ? [capture] : capture;
  const unknown = steps.find((step) => !STEPS.includes(step));
  if (steps.length > 0 && unknown === undefined) return;
  const got = steps.length === 0 ? 'an empty list' : `'${unknown}'`;
  throw new RangeError(`v4l2Source: expected capture to be of ${STEPS.join(', ')}, got ${got}`);
}

function formatCaps(offered: CaptureFormat): Caps[] {
  const arrangement = offered.separatePlanes ? 'separate-buffers' : 'one-buffer';
  const sizes = offered.sizes.length > 0 ? offered.sizes.map(sizeRange) : [{ width: ANY, height: ANY }];
  return sizes.map((size) => ({ format: offered.pixelFormat, arrangement, ...size }));
}

function sizeRange(size: V4l2FrameSize): { width: Range; height: Range } {
  if (size.type === 'discrete') return { width: fixed(size.width), height: fixed(size.height) };
  return {
    width: { min: size.minWidth, max: size.maxWidth, step: Math.max(1, size.stepWidth) },
    height: { min: size.minHeight, max: size.maxHeight, step: Math.max(1, size.stepHeight) },
  };
}
