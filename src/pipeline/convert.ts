/** `convert()`: other pixels, another size, turned, by libyuv on a thread of its own. */
import { memoryRequirement } from '../allocators/memory-requirement';
import { InvalidStateError, type KernelError } from '../errors';
import type { PixelFormatName } from '../formats/pixel-formats';
import type { ConverterCounts, NativeConverter } from '../native/convert';
import type { NativeFiller, NativeTaker } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { Caps, VideoFormat } from './caps';
import {
  colorMeaning,
  converterSide,
  type Geometry,
  inputCaps,
  madeFormat,
  outputCaps,
  outputLayout,
  type Rotation,
} from './convert-layout';
import { checkedMax } from './cpu-stage';
import type { FormatWish } from './format-negotiation';
import type { FrameLayout } from './frame-layout';
import type { CopyReport } from './link-stats';
import { cpuRequirement, FILLER_HOLD } from './memory-plan';
import type {
  ConverterStage,
  Credit,
  CreditPolicy,
  NativeCounts,
  OpenConverter,
  PortNeed,
  RunEvents,
  StageBuffers,
  StageContext,
} from './stage';

export interface ConvertOptions {
  /** XRGB8888, RGB565, NV12, NV21, YUYV, UYVY or YUV420 (I420); by default the best that all consumers take, the input's own first. */
  format?: PixelFormatName | 'I420';
  /** Pixels, after the rotation. One alone keeps the proportions; none keeps the size. */
  width?: number;
  height?: number;
  /** Degrees, clockwise; 0 by default. */
  rotate?: Rotation;
  /** When frames come faster than they are converted: `latest` (default) skips to the newest, `every` keeps up to `max` in order. */
  policy?: CreditPolicy;
  /** Frames that the converter may hold at once; 1 by default. */
  max?: number;
  /** Name in statistics, errors and `explain()`; `convert` by default. */
  name?: string;
}

const ROTATIONS: readonly Rotation[] = [0, 90, 180, 270];

/**
 * `convert({ format: 'RGB565', width: 640, rotate: 90 })`: takes XRGB8888, RGB565, NV12, NV21, YUYV, UYVY, YUV420 and MJPEG. The frames it
 * makes are in buffers of their own, so this is a copy, in `explain()` and in the counters. It costs no camera frames: a converter that is
 * too slow is skipped by its policy. A JPEG that cannot be decoded is counted as dropped, and skipped.
 */
export function convert(options: ConvertOptions = {}): ConverterStage {
  const { rotate = 0, policy = 'latest' } = options;
  const format = options.format === undefined ? undefined : madeFormat(options.format);
  for (const side of ['width', 'height'] as const) checkSide(side, options[side]);
  if (!ROTATIONS.includes(rotate)) {
    throw new RangeError(`convert: rotate must be 0, 90, 180 or 270, got ${rotate}`);
  }
  if (policy !== 'latest' && policy !== 'every') {
    throw new TypeError(`convert: policy must be 'latest' or 'every', got ${String(policy)}`);
  }
  const geometry: Geometry = { width: options.width, height: options.height, rotate };
  const credit: Credit = { max: checkedMax('convert', options.max ?? 1), policy, interval: 0 };
  return {
    role: 'converter',
    defaultName: 'convert',
    name: options.name,
    open: (context) => new PixelStage(context, { geometry, credit, wish: format ? { format } : {} }),
  };
}

function checkSide(side: string, pixels: number | undefined): void {
  if (pixels === undefined || (Number.isInteger(pixels) && pixels >= 1 && pixels <= 32_768)) return;
  throw new RangeError(`convert: ${side} must be a whole number of pixels from 1 to 32768, got ${pixels}`);
}

interface Settings {
  geometry: Geometry;
  credit: Credit;
  wish: FormatWish;
}

class PixelStage implements OpenConverter {
  readonly device = 'libyuv on a thread of its own';
  readonly caps: readonly Caps[] = inputCaps();
  readonly credit: Credit;
  readonly wish: FormatWish;
  readonly requirement: PortNeed;
  readonly output: PortNeed = {
    memory: memoryRequirement({ cpu: 'write', device: false, count: FILLER_HOLD }),
    use: 'the CPU writes it',
  };
  readonly #kernel: Kernel;
  readonly #geometry: Geometry;
  #layouts: { input: FrameLayout; output: FrameLayout } | undefined;
  #converter: NativeConverter | undefined;

  constructor(context: StageContext, { geometry, credit, wish }: Settings) {
    this.#kernel = context.kernel;
    this.#geometry = geometry;
    this.credit = credit;
    this.wish = wish;
    const { memory, use } = cpuRequirement(context.name, 'read', credit);
    this.requirement = { memory, use };
  }

  outputs(input: FrameLayout): readonly Caps[] {
    return outputCaps(input, this.#geometry);
  }

  configure(input: FrameLayout, output: VideoFormat, strideAlignment: number): FrameLayout {
    colorMeaning(input);
    this.#layouts = { input, output: outputLayout(input, output, strideAlignment) };
    return this.#layouts.output;
  }

  attach(input: StageBuffers, output: StageBuffers, events: RunEvents): void {
    this.#converter = this.#kernel.createConverter(
      {
        from: converterSide(input),
        to: converterSide(output),
        rotate: this.#geometry.rotate,
        ...colorMeaning(input.layout),
      },
      (error) => events.onError(error),
    );
  }

  start(taker: NativeTaker, filler: NativeFiller): void {
    if (!this.#converter) throw new InvalidStateError('the converter has no buffers yet');
    this.#converter.start(taker, filler);
  }

  async stop(): Promise<void> {
    await this.#converter?.stop();
  }

  async detach(): Promise<void> {
    await this.#converter?.stop();
  }

  get counts(): NativeCounts {
    const { converted, damaged, bytesRead, syncCalls, syncTime } = this.#counted();
    return {
      frames: converted,
      dropped: damaged,
      use: { accesses: converted + damaged, writes: 0, bytes: bytesRead, syncCalls, syncTime },
    };
  }

  get copied(): CopyReport {
    const { converted, bytesWritten } = this.#counted();
    return { reason: this.#change(), frames: converted, bytes: bytesWritten };
  }

  describe(): string {
    return `${this.#change()}; ${this.device}, without JavaScript; each frame is read and written by the CPU`;
  }

  advise(error: KernelError): KernelError {
    return error;
  }

  close(): void {}

  /** `converted from NV12 1280x720 to XRGB8888 720x1280, turned by 90 degrees`. */
  #change(): string {
    if (!this.#layouts) return 'converted';
    const [from, to] = [this.#layouts.input, this.#layouts.output].map(
      ({ format, width, height }) => `${format} ${width}x${height}`,
    );
    const { rotate } = this.#geometry;
    return `converted from ${from} to ${to}${rotate === 0 ? '' : `, turned by ${rotate} degrees`}`;
  }

  #counted(): ConverterCounts {
    const nothing = { converted: 0, damaged: 0, bytesRead: 0, bytesWritten: 0, syncCalls: 0, syncTime: 0 };
    return this.#converter?.counts() ?? nothing;
  }
}
