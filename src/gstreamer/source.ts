/** `gstSource()`: frames that a GStreamer pipeline makes. */
import { type PixelFormatName, pixelFormat } from '../formats/pixel-formats';
import type { NativeFiller } from '../native/frame-loop';
import type { VideoFormat } from '../pipeline/caps';
import { type FormatWish, wishOf } from '../pipeline/format-negotiation';
import type { FrameLayout } from '../pipeline/frame-layout';
import type { CopyReport } from '../pipeline/link-stats';
import type { OpenPoolSource, RunEvents, SourceStage, StageBuffers } from '../pipeline/stage';
import { gstMemory, madeLayout } from './layout';
import { OpenGstStage, WRITES } from './open-stage';

export interface GstSourceOptions {
  /** Pixels. Binding where given; by default the size nearest to 1280x720 that the description gives and the consumers take. */
  width?: number;
  height?: number;
  /** Frames a second; by default what the description gives. */
  fps?: number;
  /** Pixel format by DRM's name; by default the best that all consumers take. */
  format?: PixelFormatName;
  /** End after this many frames; by default where the description ends. */
  frames?: number;
  /** Whether each frame waits for its time, as a file's must; true by default. Live sources and the fastest possible: false. */
  sync?: boolean;
  /** Buffers that GStreamer has to write into at once; 4 by default. */
  buffers?: number;
  /** Whether a device writes into the buffers; by default where the description names an element of V4L2 or the like. */
  contiguous?: boolean;
  /** Stage name; `gst` by default. */
  name?: string;
}

const USUAL_BUFFERS = 4;

/**
 * `gstSource('libcamerasrc ! video/x-raw,format=NV12')`: a description as for `gst-launch-1.0`, without its sink. Its frames are
 * written into the graph's own buffers; where an element has them in memory of its own they are copied, counted and explained.
 *
 * @throws UnsupportedError, when the pipeline starts, where GStreamer or dmaflow's part for it is not installed.
 */
export function gstSource(description: string, options: GstSourceOptions = {}): SourceStage {
  const { frames = 0, buffers = USUAL_BUFFERS, format } = options;
  if (!Number.isSafeInteger(frames) || frames < 0) {
    throw new RangeError(`gstSource: frames must be a whole number, got ${frames}`);
  }
  if (!Number.isInteger(buffers) || buffers < 2 || buffers > 32) {
    throw new RangeError(`gstSource: buffers must be a whole number from 2 to 32, got ${buffers}`);
  }
  if (format !== undefined) pixelFormat(format);
  return {
    role: 'source',
    defaultName: 'gst',
    name: options.name,
    open: ({ name }) => new OpenGstSource(name, description, options),
  };
}

class OpenGstSource extends OpenGstStage implements OpenPoolSource {
  readonly kind = 'pool';
  readonly wish: FormatWish;
  readonly #options: GstSourceOptions;
  #buffers: StageBuffers | undefined;
  #events: RunEvents | undefined;

  constructor(name: string, description: string, options: GstSourceOptions) {
    super(
      name,
      description,
      { input: false, output: true },
      {
        memory: gstMemory(description, {
          cpu: 'write',
          count: options.buffers ?? USUAL_BUFFERS,
          contiguous: options.contiguous,
        }),
        use: WRITES,
      },
    );
    this.#options = options;
    this.wish = wishOf(options);
  }

  configure(format: VideoFormat): FrameLayout {
    const layout = madeLayout(format, this.#options.fps ?? this.pipeline.outputRate());
    this.pipeline.setOutput(layout, {
      frames: this.#options.frames ?? 0,
      sync: this.#options.sync ?? true,
    });
    return layout;
  }

  attach(output: StageBuffers, events: RunEvents): void {
    this.#buffers = output;
    this.#events = events;
  }

  async start(filler: NativeFiller): Promise<void> {
    this.pipeline.connectOutput(this.#buffers?.buffers ?? [], filler);
    await this.pipeline.play((error) => this.#events?.onError(error));
  }

  /** Undefined as long as every frame was written into the graph's buffers. */
  get copied(): CopyReport | undefined {
    return this.pipeline.outputCopies(this.#buffers?.layout);
  }
}
