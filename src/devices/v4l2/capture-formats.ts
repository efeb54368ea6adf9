/** What a camera offers: formats, sizes and frame rates, as values and as text for messages. */
import { fourccToString } from '../../formats/fourcc';
import { formatFromV4l2Fourcc, type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import type { Kernel } from '../../native/kernel';
import type {
  V4l2FormatDescription,
  V4l2Fraction,
  V4l2FrameInterval,
  V4l2FrameSize,
} from '../../native/v4l2';

export interface CaptureFormat {
  pixelFormat: PixelFormatName;
  /** Whether each colour plane comes in a memory plane of its own (V4L2's `NV12M`). */
  separatePlanes: boolean;
  /** V4L2 fourcc, for S_FMT. */
  v4l2Fourcc: number;
  /** Empty where the driver does not say. */
  sizes: V4l2FrameSize[];
}

type NamedFormat = Omit<CaptureFormat, 'sizes'>;

export interface FormatOffer {
  /** In the driver's order, which is its preference. */
  formats: CaptureFormat[];
  /** Fourccs that are not in the table of formats. */
  unknown: string[];
}

/** Frames a second, a range or, with `min` equal to `max`, one rate. */
export interface FrameRate {
  min: number;
  max: number;
}

export interface Size {
  width: number;
  height: number;
}

/** What an open camera offers, each thing asked for once: drivers list hundreds of sizes, and a start needs those of one format. */
export class CameraOffer {
  readonly #kernel: Kernel;
  readonly #fd: number;
  readonly #bufferType: number;
  #named: { formats: readonly NamedFormat[]; unknown: string[] } | undefined;
  /** By fourcc. */
  readonly #sizes = new Map<number, V4l2FrameSize[]>();

  /** @param fd borrowed. */
  constructor(kernel: Kernel, fd: number, bufferType: number) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#bufferType = bufferType;
  }

  /** With all sizes. */
  all(): FormatOffer {
    return { formats: this.formats(), unknown: this.#list().unknown };
  }

  /** @param only the ways in which this one is offered; all formats where it is left out. */
  formats(only?: PixelFormatName): CaptureFormat[] {
    return this.#list()
      .formats.filter(({ pixelFormat: name }) => only === undefined || name === only)
      .map((format) => ({ ...format, sizes: this.#sizesOf(format) }));
  }

  /** To be asked anew: what a media-controller graph offers changes with it. */
  forget(): void {
    this.#named = undefined;
    this.#sizes.clear();
  }

  #list() {
    this.#named ??= nameFormats(this.#kernel.v4l2EnumFormats(this.#fd, this.#bufferType));
    return this.#named;
  }

  #sizesOf({ v4l2Fourcc }: NamedFormat): V4l2FrameSize[] {
    const known = this.#sizes.get(v4l2Fourcc);
    if (known) return known;
    const sizes = this.#kernel.v4l2EnumFrameSizes(this.#fd, v4l2Fourcc);
    this.#sizes.set(v4l2Fourcc, sizes);
    return sizes;
  }
}

function nameFormats(listed: readonly V4l2FormatDescription[]): {
  formats: NamedFormat[];
  unknown: string[];
} {
  const formats: NamedFormat[] = [];
  const unknown: string[] = [];
  for (const { pixelFormat: v4l2Fourcc } of listed) {
    const known = formatFromV4l2Fourcc(v4l2Fourcc);
    if (known === undefined) {
      unknown.push(fourccToString(v4l2Fourcc));
      continue;
    }
    const { format, separatePlanes } = known;
    const earlier = formats.find(
      (each) => each.pixelFormat === format.name && each.separatePlanes === separatePlanes,
    );
    if (earlier === undefined) {
      formats.push({ pixelFormat: format.name, separatePlanes, v4l2Fourcc });
    } else if (isPreferredName(v4l2Fourcc, earlier)) {
      earlier.v4l2Fourcc = v4l2Fourcc;
    }
  }
  return { formats, unknown };
}

/** Some drivers list a format under an old and a new fourcc; the new one says what the fourth byte is. */
function isPreferredName(v4l2Fourcc: number, earlier: NamedFormat): boolean {
  const names = pixelFormat(earlier.pixelFormat).v4l2.contiguous;
  return names.indexOf(v4l2Fourcc) < names.indexOf(earlier.v4l2Fourcc);
}

/** Fastest first; empty where the driver does not say. */
export function listFrameRates(kernel: Kernel, fd: number, v4l2Fourcc: number, size: Size): FrameRate[] {
  return frameIntervals(kernel, fd, v4l2Fourcc, size)
    .map(toFrameRate)
    .sort((a, b) => b.max - a.max);
}

/** What to ask for to get `fps`: the nearest listed interval if it is that rate, as 1001/30000 is for 29.97. */
export function intervalFor(
  kernel: Kernel,
  fd: number,
  v4l2Fourcc: number,
  size: Size,
  fps: number,
): V4l2Fraction {
  const distance = (interval: V4l2Fraction) => Math.abs(rateOf(interval) - fps);
  const [nearest] = frameIntervals(kernel, fd, v4l2Fourcc, size)
    .filter((interval) => interval.type === 'discrete')
    .sort((a, b) => distance(a) - distance(b));
  if (nearest && sameRate(rateOf(nearest), fps)) {
    return { numerator: nearest.numerator, denominator: nearest.denominator };
  }
  return Number.isInteger(fps)
    ? { numerator: 1, denominator: fps }
    : { numerator: 1000, denominator: Math.round(fps * 1000) };
}

/** Frames a second of a frame's seconds. */
export function rateOf({ numerator, denominator }: V4l2Fraction): number {
  return denominator / numerator;
}

/** Sensors count a frame in whole lines, so their rates are seldom the round ones: 2 % is taken as the same. */
export function sameRate(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.02 * Math.max(a, b);
}

function frameIntervals(
  kernel: Kernel,
  fd: number,
  v4l2Fourcc: number,
  { width, height }: Size,
): V4l2FrameInterval[] {
  return kernel.v4l2EnumFrameIntervals(fd, v4l2Fourcc, width, height);
}

function toFrameRate(interval: V4l2FrameInterval): FrameRate {
  if (interval.type === 'stepwise') return { min: rateOf(interval.max), max: rateOf(interval.min) };
  return { min: rateOf(interval), max: rateOf(interval) };
}

/** The sizes, nearest to `wanted` first. */
export function nearestSizes(sizes: readonly V4l2FrameSize[], wanted: Size): V4l2FrameSize[] {
  const distance = (size: V4l2FrameSize) => {
    const { width, height } = nearestOf(size, wanted);
    return Math.abs(width - wanted.width) + Math.abs(height - wanted.height);
  };
  return [...sizes].sort((a, b) => distance(a) - distance(b));
}

/** The one size of `size` that is nearest to `wanted`. */
function nearestOf(size: V4l2FrameSize, wanted: Size): Size {
  if (size.type === 'discrete') return size;
  const step = (value: number, min: number, max: number, by: number) => {
    const last = min + Math.floor((max - min) / Math.max(1, by)) * Math.max(1, by);
    return Math.min(last, Math.max(min, min + Math.round((value - min) / Math.max(1, by)) * Math.max(1, by)));
  };
  return {
    width: step(wanted.width, size.minWidth, size.maxWidth, size.stepWidth),
    height: step(wanted.height, size.minHeight, size.maxHeight, size.stepHeight),
  };
}

export function formatName({
  pixelFormat: name,
  separatePlanes,
}: Pick<CaptureFormat, 'pixelFormat' | 'separatePlanes'>): string {
  return separatePlanes ? `${name} in separate planes` : name;
}

/** `640x480`, or `16x16 to 4096x2160 in steps of 2x2`. */
export function sizeText(size: V4l2FrameSize): string {
  if (size.type === 'discrete') return `${size.width}x${size.height}`;
  const steps =
    size.stepWidth > 1 || size.stepHeight > 1 ? ` in steps of ${size.stepWidth}x${size.stepHeight}` : '';
  return `${size.minWidth}x${size.minHeight} to ${size.maxWidth}x${size.maxHeight}${steps}`;
}

/** `30`, `29.97`, or `5 to 60`. */
export function rateText({ min, max }: FrameRate): string {
  const text = (fps: number) => String(Number(fps.toFixed(2)));
  return text(min) === text(max) ? text(max) : `${text(min)} to ${text(max)}`;
}

/** All formats by name; of the fourccs that dmaflow does not know the first few. */
export function offerText({ formats, unknown }: FormatOffer): string {
  const known = formats.map(formatName).join(', ') || 'no format that dmaflow knows';
  if (unknown.length === 0) return known;
  const shown = unknown.slice(0, 8).join(', ');
  const more = unknown.length > 8 ? ` and ${unknown.length - 8} more` : '';
  return `${known} (and, unknown to dmaflow, ${shown}${more})`;
}
