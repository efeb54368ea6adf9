/**
 * What a stage is to the pipeline. Four roles: a source makes frames, a transform works on them in place in the
 * JavaScript thread, a converter makes new frames out of them natively, a sink takes them. All but transforms are opened,
 * negotiated, given their buffers, taken back, closed, in this order; the pipeline drives them and they never call it.
 */
import type { FrameBuffer } from '../allocators/buffer-pool';
import type { CpuUse } from '../allocators/cpu-use';
import type { DmaBuf } from '../allocators/dma-buf';
import type { CpuAccessMode, MemoryRequirement } from '../allocators/memory-requirement';
import type { KernelError } from '../errors';
import type { PixelFormatName } from '../formats/pixel-formats';
import type { ColorPlaneLayout } from '../formats/plane-layout';
import type {
  CaptureConfig,
  DisplayConfig,
  FrameLoop,
  NativeFiller,
  NativeTaker,
} from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { Caps, VideoFormat } from './caps';
import type { FormatWish } from './format-negotiation';
import type { Frame } from './frame';
import type { FrameLayout } from './frame-layout';
import type { CopyReport } from './link-stats';
import type { Screenshot } from './screenshot';

export interface StageContext {
  kernel: Kernel;
  /** The stage's name in this graph. */
  name: string;
  /** Devices that this pipeline has open already: displays of one card share its fd. */
  opened: readonly OpenDevice[];
  /** For a source: wins over its options. */
  changes?: SourceChanges | undefined;
}

/** What a source may be asked to change from one run to the next; what is left out stays. */
export interface SourceChanges {
  /** Pixels. */
  width?: number;
  height?: number;
  /** Frames a second. */
  fps?: number;
  format?: PixelFormatName;
}

export interface SourceStage {
  readonly role: 'source';
  readonly defaultName: string;
  readonly name?: string | undefined;
  open(context: StageContext): OpenSource;
}

export interface SinkStage {
  readonly role: 'sink';
  readonly defaultName: string;
  readonly name?: string | undefined;
  open(context: StageContext): OpenSink;
}

/** How a consumer in JavaScript takes frames that come faster than it works. */
export type CreditPolicy = 'latest' | 'every';

export interface Credit {
  /** Frames that the consumer may hold at once. */
  max: number;
  policy: CreditPolicy;
  /** Microseconds of the frames' time from one that the consumer gets to the next; 0: every frame. */
  interval: number;
}

export interface TransformStage extends Readonly<Credit> {
  readonly role: 'transform';
  readonly defaultName: string;
  readonly name?: string | undefined;
  readonly access: CpuAccessMode;
  /** Formats it understands; undefined: any. */
  readonly formats?: readonly PixelFormatName[] | undefined;
  /** What it is, for `explain()`; `a function on the CPU` where left out. */
  readonly device?: string;
  /** Where it works, for `explain()`; `in JavaScript` where left out. */
  readonly place?: string;
  /** Frames that it works on at once; they go on in the order in which they came. 1 where left out. */
  readonly concurrency?: number;
  /** Makes it ready for one run of the pipeline. */
  open(context: TransformContext): OpenTransform | Promise<OpenTransform>;
}

export interface TransformContext {
  /** The stage's name in this graph. */
  name: string;
  layout: FrameLayout;
  /** The stage failed though no frame was at work. */
  onError(error: Error): void;
}

export interface OpenTransform {
  /** Works on a frame, whose fences have signalled. The frame closes when this ends; `frame.clone()` outlives it. */
  process(frame: Frame): void | Promise<void>;
  /** What threads of its own do with the bytes; what is done in this one is counted where it is done. */
  readonly use?: Readonly<CpuUse>;
  /** Where it copies frames into others, by a CPU: why, and live counts. */
  readonly copied?: CopyReport | undefined;
  /** The run is over. `process` may still be at work where it was not waited for. */
  close(): void | Promise<void>;
}

/** Makes new frames out of those it takes, without JavaScript. Its frames have buffers, a format and a memory plan of their own. */
export interface ConverterStage {
  readonly role: 'converter';
  readonly defaultName: string;
  readonly name?: string | undefined;
  open(context: StageContext): OpenConverter;
}

export type Stage = SourceStage | TransformStage | ConverterStage | SinkStage;

/** What a port needs of its buffers, and what it does with them: `vivid writes it by DMA`. */
export interface PortNeed {
  memory: MemoryRequirement;
  use: string;
}

export interface OpenDevice {
  /** Device for people: `vivid (/dev/video0)`. */
  readonly device: string;
  readonly caps: readonly Caps[];
  /** What it needs of the buffers that it makes frames in (a source) or takes (all others). */
  readonly requirement: PortNeed;
  /** An error of the running device with what to do about it. */
  advise(error: KernelError): KernelError;
  close(): void;
}

/**
 * How a source's frames get into buffers that displays and the CPU can use too, best first. `import`: the device writes
 * into buffers of a heap. `export`: into its own, which others import. `copy`: into its own, and the frame loop copies
 * each frame into a buffer of a heap.
 */
export type CaptureStep = 'import' | 'export' | 'copy';

/** A source whose queue has its buffers. */
export interface CaptureAttachment {
  config: CaptureConfig;
  /** Colour planes, where the pictures really begin in the buffers. */
  planes: readonly ColorPlaneLayout[];
}

/** The frames of a segment, for code outside the frame loop: index and dma-bufs are paired for the whole run. */
export interface StageBuffers {
  layout: FrameLayout;
  buffers: readonly FrameBuffer[];
}

/**
 * A stage outside the frame loop, whose frames come and go natively (native/frame_exchange.h). One run is attach, start, stop, detach.
 */
interface NativeRun {
  /** No frame is taken or made any more; resolves when none is at work. The frame loop still runs. */
  stop(): void | Promise<void>;
  /** Lets go of the buffers, when the frame loop has stopped. Idempotent. */
  detach(): void | Promise<void>;
}

export interface RunEvents {
  /** The stage failed: the pipeline stops in order, and its `finished` rejects with this. */
  onError(error: Error): void;
}

/** A source: frames of a device's queue, or of a program that fills a pool. */
export type OpenSource = OpenCaptureSource | OpenPoolSource;

/** Fills buffers of a heap. */
export interface OpenPoolSource extends OpenDevice, NativeRun {
  readonly kind: 'pool';
  readonly wish: FormatWish;
  configure(format: VideoFormat): FrameLayout;
  attach(output: StageBuffers, events: RunEvents): void | Promise<void>;
  start(filler: NativeFiller): void | Promise<void>;
  /** Why frames are copied in it, and live counts; undefined where none were. */
  readonly copied?: CopyReport | undefined;
}

/** What a stage outside the frame loop did so far. */
export interface NativeCounts {
  /** Frames made (or taken, of a sink). */
  frames: number;
  /** Frames that came and were of no use: damaged, or too late. */
  dropped: number;
  /** What it did with the bytes of the frames that it took, on the CPU. */
  use?: Readonly<CpuUse>;
}

export interface OpenConverter extends OpenDevice, NativeRun {
  /** How it takes frames that come faster than it works. */
  readonly credit: Credit;
  /** What the user wants of the frames that it makes. */
  readonly wish: FormatWish;
  /** What it can make of such frames. */
  outputs(input: FrameLayout): readonly Caps[];
  /** What it needs of the buffers that it makes frames in. */
  readonly output: PortNeed;
  /** `strideAlignment`: bytes, of what takes the frames. */
  configure(input: FrameLayout, output: VideoFormat, strideAlignment: number): FrameLayout;
  attach(input: StageBuffers, output: StageBuffers, events: RunEvents): void | Promise<void>;
  start(taker: NativeTaker, filler: NativeFiller): void | Promise<void>;
  readonly counts: NativeCounts;
  /** What it does to frames, for `explain()`. */
  describe(): string;
  /** Why frames are copied in it, and live counts; undefined where no CPU does. */
  readonly copied: CopyReport | undefined;
}

export interface OpenCaptureSource extends OpenDevice {
  readonly kind: 'capture';
  readonly wish: FormatWish;
  /** The steps that it may take, in order. */
  readonly captureSteps: readonly CaptureStep[];
  /** Sets the format; returns what the device made of it. */
  configure(format: VideoFormat): FrameLayout;
  /** Why the device imports no dma-bufs at all; undefined where it does. */
  importObstacle(): string | undefined;
  /** Lets the device import one buffer for trial. Returns its refusal, or undefined where it takes the buffer. */
  tryImport(planes: readonly DmaBuf[], heap: string): KernelError | undefined;
  /**
   * Step `import`: pairs buffers with the device's queue, for good. May use fewer than given.
   * @throws KernelError of the buffer that the device refuses.
   */
  attach(buffers: readonly FrameBuffer[], heap: string | undefined): CaptureAttachment;
  /**
   * Step `export`: about `count` buffers of the device's own, as fds by index and memory plane, which belong to the caller.
   * @throws KernelError
   */
  export(count: number): CaptureAttachment & { fds: number[][] };
  /**
   * Step `copy`: the device's own buffers, out of which the frame loop copies each frame into one of `targets`.
   * @throws KernelError
   */
  copyInto(targets: readonly FrameBuffer[]): CaptureAttachment;
  /** The queue lets go of the buffers. Idempotent. */
  detach(): void;
}

export interface DisplayAttachment {
  config: DisplayConfig;
  /** Framebuffer of each buffer, by index. */
  framebuffers: number[];
}

/** A sink: a display, or native code that takes frames. */
export type OpenSink = OpenDisplaySink | OpenTakerSink;

export interface OpenTakerSink extends OpenDevice, NativeRun {
  readonly kind: 'taker';
  /** How it takes frames that come faster than it works. */
  readonly credit: Credit;
  attach(input: StageBuffers, events: RunEvents): void | Promise<void>;
  start(taker: NativeTaker): void | Promise<void>;
  /** Resolves when what it was given has been worked off, to the end of the stream: a file is complete then. */
  drained(): Promise<void>;
  /** Why frames are copied in it, and live counts; undefined where none were. */
  readonly copied?: CopyReport | undefined;
  readonly counts: NativeCounts;
}

export interface OpenDisplaySink extends OpenDevice {
  readonly kind: 'display';
  /** Lets the display import one buffer for trial. Returns its refusal, or undefined where it takes the buffer. */
  tryImport(layout: FrameLayout, planes: readonly DmaBuf[], heap: string): KernelError | undefined;
  /** @param heap where the buffers came from; undefined where a driver exported them. */
  attach(
    layout: FrameLayout,
    buffers: readonly FrameBuffer[],
    heap: string | undefined,
  ): Promise<DisplayAttachment>;
  /** One line on how it shows the frame, once attached: `Virtual-1, mode 1280x720 at 60 Hz`. */
  readonly placement: string | undefined;
  /** Whether `screenshot` can work: attached, with a writeback connector. */
  readonly canScreenshot: boolean;
  /** What the display shows, read back through its writeback connector. */
  screenshot(loop: FrameLoop, display: number): Promise<Screenshot>;
  /** Puts back what was there before and lets go of the buffers. Idempotent. */
  detach(): Promise<void>;
}
