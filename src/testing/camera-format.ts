import type { V4l2Format, V4l2Fraction, V4l2FrameSize } from '../native/v4l2';
import { fourcc, fourccName, type PixelLayout, pixelLayout, planeSize } from './pixels';

const FIELD_NONE = 1;
const COLORSPACE_SRGB = 8;

/** What a fake camera can do; every entry has a default that is vivid's webcam. */
export interface FakeCameraOptions {
  /** `/dev/videoN`; the next free number by default. */
  path?: string;
  driver?: string;
  card?: string;
  busInfo?: string;
  /** V4L2_CAP_* of the node; a single- or multi-planar streaming capture device by default. */
  deviceCaps?: number;
  /** A V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE device. */
  multiplanar?: boolean;
  /** Whether its DMA needs contiguous memory: QBUF of anything else is EFAULT. Default true. */
  contiguous?: boolean;
  /** Fourccs as V4L2 spells them: `XR24`, `NV12`, `NM12`, `YUYV`, `RGB3`, `RGBP`… The first is the one it falls back to. */
  formats?: readonly string[];
  /** Sizes as `[width, height]`, or a range that steps. */
  sizes?: readonly (readonly [number, number])[] | (V4l2FrameSize & { type: 'stepwise' });
  /** Frames a second that it offers. */
  fps?: readonly number[];
  /** Bytes that every row is rounded up to; default 1. */
  strideAlignment?: number;
  /** Of a multi-planar camera, by fourcc: bytes before the picture in each memory plane. Shows once a buffer was queued. */
  dataOffsets?: Readonly<Record<string, readonly number[]>>;
  /** REQBUFS grants at least and at most this many; default 2 and 32. */
  minBuffers?: number;
  maxBuffers?: number;
  /** False: REQBUFS(DMABUF) is EINVAL. */
  importsDmaBufs?: boolean;
  /** False: EXPBUF is ENOTTY. */
  exportsDmaBufs?: boolean;
  /** Names of its inputs. */
  inputs?: readonly string[];
  controls?: readonly { id: number; name: string; minimum: number; maximum: number; value: number }[];
  /** `timer`: frames come at the frame rate while it streams; `manual`: only by `produce()`. Default `timer`. */
  frames?: 'timer' | 'manual';
}

/** Formats, sizes and intervals of a fake camera, and how it adjusts what it is asked for. */
export class CameraFormats {
  readonly fourccs: readonly number[];
  readonly sizes: readonly V4l2FrameSize[];
  readonly intervals: readonly V4l2Fraction[];
  readonly #multiplanar: boolean;
  readonly #strideAlignment: number;
  readonly #dataOffsets: Readonly<Record<string, readonly number[]>>;

  constructor(options: FakeCameraOptions) {
    const {
      formats = ['YUYV', 'NV12', 'XR24', 'RGBP'],
      sizes = WEBCAM_SIZES,
      fps = [10, 15, 30, 60],
    } = options;
    this.#multiplanar = options.multiplanar ?? false;
    this.#strideAlignment = options.strideAlignment ?? 1;
    this.#dataOffsets = this.#multiplanar ? (options.dataOffsets ?? {}) : {};
    this.fourccs = formats.map(fourcc).filter((code) => this.#multiplanar || !this.layout(code).separate);
    this.sizes = isStepwise(sizes)
      ? [sizes]
      : sizes.map(([width, height]) => ({ type: 'discrete', width, height }) as const);
    this.intervals = fps.map((rate) => ({ numerator: 1, denominator: rate }));
  }

  layout(code: number): PixelLayout {
    const layout = pixelLayout(code);
    if (!layout) throw new RangeError(`a fake camera cannot draw '${fourccName(code)}'`);
    return layout;
  }

  /** Bytes before the picture in a memory plane. */
  dataOffset(pixelFormat: number, plane: number): number {
    return this.#dataOffsets[fourccName(pixelFormat)]?.[plane] ?? 0;
  }

  /** What it makes of a format: the nearest size, another pixel format where it has not the one asked for, its strides. */
  adjust(asked: V4l2Format): V4l2Format {
    const pixelFormat = this.fourccs.includes(asked.pixelFormat) ? asked.pixelFormat : (this.fourccs[0] ?? 0);
    const [width, height] = this.#nearestSize(asked.width, asked.height);
    const layout = this.layout(pixelFormat);
    const memoryPlanes = layout.separate ? layout.planes.length : 1;
    const planes = Array.from({ length: memoryPlanes }, (_, plane) => {
      const [row] = planeSize(layout, plane, width, height);
      const wanted = Math.max(row, asked.planes[plane]?.bytesPerLine ?? 0);
      const bytesPerLine = Math.ceil(wanted / this.#strideAlignment) * this.#strideAlignment;
      const sizeImage =
        this.dataOffset(pixelFormat, plane) + this.#sizeImage(layout, plane, bytesPerLine, width, height);
      return { bytesPerLine, sizeImage };
    });
    const color = { colorspace: COLORSPACE_SRGB, ycbcrEncoding: 0, quantization: 0, transferFunction: 0 };
    return { width, height, pixelFormat, field: FIELD_NONE, ...color, planes };
  }

  /** The slowest interval that is not faster than asked, as vivid picks it. */
  nearestInterval(asked: V4l2Fraction): V4l2Fraction {
    const slowestFirst = [...this.intervals].sort((a, b) => seconds(b) - seconds(a));
    const fastest = slowestFirst.at(-1) ?? { numerator: 1, denominator: 30 };
    if (asked.denominator === 0) return fastest;
    return slowestFirst.find((interval) => seconds(asked) >= seconds(interval)) ?? fastest;
  }

  has(width: number, height: number): boolean {
    const [nearestWidth, nearestHeight] = this.#nearestSize(width, height);
    return nearestWidth === width && nearestHeight === height;
  }

  #nearestSize(width: number, height: number): [number, number] {
    const [range] = this.sizes;
    if (range?.type === 'stepwise') {
      return [
        clampStep(width, range.minWidth, range.maxWidth, range.stepWidth),
        clampStep(height, range.minHeight, range.maxHeight, range.stepHeight),
      ];
    }
    let best: [number, number] = [0, 0];
    let bestError = Number.POSITIVE_INFINITY;
    for (const size of this.sizes) {
      if (size.type !== 'discrete') continue;
      const error = Math.abs(size.width - width) + Math.abs(size.height - height);
      if (error < bestError) [best, bestError] = [[size.width, size.height], error];
    }
    return best;
  }

  /** Bytes of a memory plane: its colour plane, or all of them one behind the other, with strides in proportion. */
  #sizeImage(
    layout: PixelLayout,
    plane: number,
    bytesPerLine: number,
    width: number,
    height: number,
  ): number {
    return colorPlanes(layout, bytesPerLine, width, height)
      .filter((_, index) => !layout.separate || index === plane)
      .reduce((sum, { stride, rows }) => sum + stride * rows, 0);
  }
}

/** Where the colour planes of a single memory plane are; those of a `separate` layout all start at 0. */
export function colorPlanes(
  layout: PixelLayout,
  bytesPerLine: number,
  width: number,
  height: number,
): { offset: number; stride: number; rows: number }[] {
  const [firstRow] = planeSize(layout, 0, width, height);
  let offset = 0;
  return layout.planes.map((_, plane) => {
    const [row, rows] = planeSize(layout, plane, width, height);
    const stride = (bytesPerLine * row) / firstRow;
    const at = offset;
    if (!layout.separate) offset += stride * rows;
    return { offset: at, stride, rows };
  });
}

const WEBCAM_SIZES = [
  [320, 180],
  [320, 240],
  [640, 360],
  [640, 480],
  [1280, 720],
  [1920, 1080],
] as const;

function isStepwise(
  sizes: NonNullable<FakeCameraOptions['sizes']>,
): sizes is V4l2FrameSize & { type: 'stepwise' } {
  return 'type' in sizes;
}

function clampStep(value: number, minimum: number, maximum: number, step: number): number {
  const clamped = Math.min(maximum, Math.max(minimum, value));
  return minimum + Math.round((clamped - minimum) / step) * step;
}

function seconds({ numerator, denominator }: V4l2Fraction): number {
  return numerator / denominator;
}
