/** `gstSink()`: frames into a GStreamer pipeline. */
import type { NativeTaker } from '../native/frame-loop';
import { checkedMax } from '../pipeline/cpu-stage';
import type { CopyReport } from '../pipeline/link-stats';
import type {
  Credit,
  CreditPolicy,
  NativeCounts,
  OpenTakerSink,
  RunEvents,
  SinkStage,
  StageBuffers,
} from '../pipeline/stage';
import { gstMemory } from './layout';
import { OpenGstStage, READS } from './open-stage';

export interface GstSinkOptions {
  /** Frames that GStreamer may have at once, waiting and at work; 4 by default. */
  max?: number;
  /** When it has as many: `every` (default) lets up to `max` more wait in order and then skips, `latest` skips to the newest. */
  policy?: CreditPolicy;
  /**
   * When elements keep all frames but one: `copy` (default) gives them a copy of the next ones, so that an encoder that looks ahead goes on;
   * `skip` skips frames until one comes back.
   */
  whenKept?: 'copy' | 'skip';
  /** Whether a device reads the buffers; by default where the description names an element of V4L2 or the like. */
  contiguous?: boolean;
  /** Stage name; `gst-sink` by default. */
  name?: string;
}

const USUAL_MAX = 4;

/**
 * `gstSink('jpegenc ! multifilesink location=%05d.jpg')`: a description as for `gst-launch-1.0`, without its source. Frames go into it in
 * the dma-bufs that they are in, read-only, and come back when the last element lets go of them. The end of the stream reaches the
 * description's sinks and is waited for.
 *
 * @throws UnsupportedError, when the pipeline starts, where GStreamer or dmaflow's part for it is not installed.
 */
export function gstSink(description: string, options: GstSinkOptions = {}): SinkStage {
  const credit = creditOf('gstSink', options, 'every');
  return {
    role: 'sink',
    defaultName: 'gst-sink',
    name: options.name,
    open: ({ name }) => new OpenGstSink(name, description, options, credit),
  };
}

/** @throws RangeError or TypeError for what cannot be. */
export function creditOf(
  where: string,
  options: { max?: number; policy?: CreditPolicy; whenKept?: 'copy' | 'skip' },
  usual: CreditPolicy,
): Credit {
  const { policy = usual, whenKept = 'copy' } = options;
  if (policy !== 'latest' && policy !== 'every') {
    throw new TypeError(`${where}: policy must be 'latest' or 'every', got ${String(policy)}`);
  }
  if (whenKept !== 'copy' && whenKept !== 'skip') {
    throw new TypeError(`${where}: whenKept must be 'copy' or 'skip', got ${String(whenKept)}`);
  }
  return { max: checkedMax(where, options.max ?? USUAL_MAX), policy, interval: 0 };
}

class OpenGstSink extends OpenGstStage implements OpenTakerSink {
  readonly kind = 'taker';
  readonly credit: Credit;
  readonly #copy: boolean;
  #buffers: StageBuffers | undefined;
  #events: RunEvents | undefined;

  constructor(name: string, description: string, options: GstSinkOptions, credit: Credit) {
    super(
      name,
      description,
      { input: true, output: false },
      {
        memory: gstMemory(description, { cpu: 'read', count: credit.max, contiguous: options.contiguous }),
        use: READS,
      },
    );
    this.credit = credit;
    this.#copy = options.whenKept !== 'skip';
  }

  attach(input: StageBuffers, events: RunEvents): void {
    this.#buffers = input;
    this.#events = events;
    this.pipeline.setInput(input.layout, { most: this.credit.max, copy: this.#copy });
  }

  async start(taker: NativeTaker): Promise<void> {
    if (this.#buffers) this.pipeline.connectInput(this.#buffers.layout, this.#buffers.buffers, taker);
    await this.pipeline.play((error) => this.#events?.onError(error));
  }

  drained(): Promise<void> {
    return this.pipeline.drained();
  }

  get counts(): NativeCounts {
    return { frames: this.pipeline.stats().pushed ?? 0, dropped: 0 };
  }

  /** Undefined as long as GStreamer gave frames back in time. */
  get copied(): CopyReport | undefined {
    return this.pipeline.inputCopies(this.credit.max, this.#buffers?.layout);
  }
}
