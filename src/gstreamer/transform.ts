/** `gstTransform()`: a GStreamer pipeline in the middle of the graph. */
import { type PixelFormatName, pixelFormat } from '../formats/pixel-formats';
import type { NativeFiller, NativeTaker } from '../native/frame-loop';
import type { Caps, VideoFormat } from '../pipeline/caps';
import { type FormatWish, wishOf } from '../pipeline/format-negotiation';
import type { FrameLayout } from '../pipeline/frame-layout';
import type { CopyReport } from '../pipeline/link-stats';
import type {
  ConverterStage,
  Credit,
  NativeCounts,
  OpenConverter,
  PortNeed,
  RunEvents,
  StageBuffers,
} from '../pipeline/stage';
import { gstMemory, madeLayout } from './layout';
import { OpenGstStage, READS, WRITES } from './open-stage';
import { creditOf, type GstSinkOptions } from './sink';

export interface GstTransformOptions extends GstSinkOptions {
  /** Pixels and format of the frames that it makes; by default what the description gives and the consumers take. */
  width?: number;
  height?: number;
  format?: PixelFormatName;
  /** Buffers that GStreamer has to write into at once; 3 by default. */
  buffers?: number;
}

const USUAL_BUFFERS = 3;

/**
 * `gstTransform('videoflip video-direction=90r')`: a description without source and sink. Frames go in as with `gstSink` and come out as with
 * `gstSource`, in buffers of their own. Frames that come faster than it works are skipped for the newest.
 */
export function gstTransform(description: string, options: GstTransformOptions = {}): ConverterStage {
  const credit = creditOf('gstTransform', options, 'latest');
  if (options.format !== undefined) pixelFormat(options.format);
  return {
    role: 'converter',
    defaultName: 'gst-transform',
    name: options.name,
    open: ({ name }) => new OpenGstTransform(name, description, options, credit),
  };
}

class OpenGstTransform extends OpenGstStage implements OpenConverter {
  readonly output: PortNeed;
  readonly credit: Credit;
  readonly wish: FormatWish;
  readonly #input: { most: number; copy: boolean };
  #run: { input: StageBuffers; output: StageBuffers; events: RunEvents } | undefined;

  constructor(name: string, description: string, options: GstTransformOptions, credit: Credit) {
    const { contiguous, buffers = USUAL_BUFFERS } = options;
    const output: PortNeed = {
      memory: gstMemory(description, { cpu: 'write', count: buffers, contiguous }),
      use: WRITES,
    };
    super(
      name,
      description,
      { input: true, output: true },
      { memory: gstMemory(description, { cpu: 'read', count: credit.max, contiguous }), use: READS },
    );
    this.credit = credit;
    this.#input = { most: credit.max, copy: options.whenKept !== 'skip' };
    this.wish = wishOf(options);
    this.output = output;
  }

  outputs(input: FrameLayout): readonly Caps[] {
    this.pipeline.setInput(input, this.#input);
    return this.pipeline.outputCaps();
  }

  configure(input: FrameLayout, output: VideoFormat, strideAlignment: number): FrameLayout {
    this.pipeline.setInput(input, this.#input);
    const layout = madeLayout(output, this.pipeline.outputRate() ?? input.fps, strideAlignment);
    // The rate is the description's affair: it may drop or repeat frames.
    this.pipeline.setOutput({ ...layout, fps: undefined }, { frames: 0, sync: false });
    return layout;
  }

  attach(input: StageBuffers, output: StageBuffers, events: RunEvents): void {
    this.#run = { input, output, events };
    this.pipeline.setInput(input.layout, this.#input);
  }

  async start(taker: NativeTaker, filler: NativeFiller): Promise<void> {
    const run = this.#run;
    if (!run) return;
    this.pipeline.connectOutput(run.output.buffers, filler);
    this.pipeline.connectInput(run.input.layout, run.input.buffers, taker);
    await this.pipeline.play((error) => run.events.onError(error));
  }

  describe(): string {
    return `new frames by ${this.device}, on its own threads`;
  }

  get counts(): NativeCounts {
    return { frames: this.pipeline.stats().received ?? 0, dropped: 0 };
  }

  /** Elements make new frames: that a CPU does it is assumed. */
  get copied(): CopyReport {
    const { received = 0, copied = 0, copyReason } = this.pipeline.stats();
    const more = copied > 0 ? `; ${copied} of them had to be copied once more: ${copyReason}` : '';
    const bytes = this.#run?.output.layout.memoryPlanes.reduce((sum, length) => sum + length, 0) ?? 0;
    return {
      reason: `elements of GStreamer make new frames${more}`,
      frames: received,
      bytes: (received + copied) * bytes,
    };
  }
}
