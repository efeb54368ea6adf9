/** The GStreamer pipeline of one stage: from its description to its end, with errors that name the stage. */
import type { FrameBuffer } from '../allocators/buffer-pool';
import type { NativeFiller, NativeTaker } from '../native/frame-loop';
import type { Caps } from '../pipeline/caps';
import type { FrameLayout } from '../pipeline/frame-layout';
import type { CopyReport } from '../pipeline/link-stats';
import { loadGstAddon } from './binding';
import { capsFromGst, gstInputFormat, gstOutputFormat, rateFromGst } from './caps';
import { debianPackageOf } from './debian-packages';
import { gstFormats } from './formats';
import { GstError } from './gst-error';
import type { GstCaps, GstFailure, GstStage, GstStageCounters } from './stage-addon';

/** Milliseconds that a pipeline with a muxer may take to finish its file. */
const FINISH_LIMIT = 5000;
/** The same after the end of the stream itself: an encoder may have much to do. */
const DRAIN_LIMIT = 30_000;

export class StagePipeline {
  readonly #stage: GstStage;
  readonly #name: string;
  readonly #version: string;
  readonly #ends: { input: boolean; output: boolean };
  #ended = new Promise<void>(() => undefined);
  #onEnd: () => void = () => undefined;
  #onError: ((error: Error) => void) | undefined;
  #playing = false;
  /** The first one: what follows comes of it. */
  #failure: GstFailure | undefined;

  /**
   * Parses and opens the devices (GStreamer's READY).
   * @throws GstError for a description that cannot be parsed, elements that are not installed, devices that do not open.
   */
  constructor(name: string, description: string, ends: { input: boolean; output: boolean }) {
    this.#name = name;
    this.#ends = ends;
    const addon = loadGstAddon();
    this.#version = addon.gstVersion();
    this.#stage = parsed(name, description, () =>
      addon.createGstStage(description, ends, {
        onFailure: (failure) => this.#fail(failure),
        onEnd: () => this.#onEnd(),
      }),
    );
    const failure = this.#stage.open();
    if (failure) throw errorOf(name, failure);
  }

  /** What the description takes at its start, with the colour planes in one dma-buf or in one each. */
  inputCaps(): Caps[] {
    const taken = this.#known(this.#stage.inputCaps(), 'takes', 'start') ?? ANYTHING;
    return taken.flatMap((caps): Caps[] => [caps, { ...caps, arrangement: 'separate-buffers' }]);
  }

  /** What the description gives at its end. */
  outputCaps(): Caps[] {
    const caps = this.#known(this.#stage.outputCaps(), 'gives', 'end');
    if (caps) return caps;
    throw new GstError(
      `stage '${this.#name}': the description gives anything at its end: name a format there, ` +
        'such as `! video/x-raw,format=NV12,width=1280,height=720`',
    );
  }

  /** Frames a second at the end, where it can have but one. */
  outputRate(): number | undefined {
    return rateFromGst(this.#stage.outputCaps());
  }

  setInput(layout: FrameLayout, options: { most: number; copy: boolean }): void {
    this.#stage.setInput(gstInputFormat(layout, this.#version), options);
  }

  setOutput(layout: FrameLayout, options: { frames: number; sync: boolean }): void {
    this.#stage.setOutput(gstOutputFormat(layout, this.#version), options);
  }

  connectInput(layout: FrameLayout, buffers: readonly FrameBuffer[], taker: NativeTaker): void {
    const planes = buffers.map((buffer) =>
      buffer.planes.map(({ fd }, plane) => ({ fd, length: layout.memoryPlanes[plane] ?? 0 })),
    );
    this.#stage.connectInput(planes, taker);
  }

  connectOutput(buffers: readonly FrameBuffer[], filler: NativeFiller): void {
    const planes = buffers.map((buffer) => buffer.planes.map(({ fd, length }) => ({ fd, length })));
    this.#stage.connectOutput(planes, filler);
  }

  /** Rejects with what keeps it from playing; what fails later comes to `onError`, once. */
  async play(onError: (error: Error) => void): Promise<void> {
    this.#playing = true;
    this.#failure = undefined;
    this.#ended = new Promise((resolve) => {
      this.#onEnd = resolve;
    });
    const failure = (await this.#stage.play()) ?? this.#failure;
    if (failure) {
      this.#failure = failure;
      throw errorOf(this.#name, failure);
    }
    this.#onError = onError;
  }

  stats(): GstStageCounters {
    return this.#stage.stats();
  }

  /** Frames that came out in other memory than the graph's; undefined where none did. */
  outputCopies(layout: FrameLayout | undefined): CopyReport | undefined {
    const { copied = 0, copyReason = '' } = this.#stage.stats();
    return copied > 0 ? { reason: copyReason, frames: copied, bytes: copied * bytesOf(layout) } : undefined;
  }

  /** Frames that went in as copies; undefined where none did. */
  inputCopies(max: number, layout: FrameLayout | undefined): CopyReport | undefined {
    const { copiedIn = 0 } = this.#stage.stats();
    const reason = `elements of GStreamer kept ${max - 1} frames: a larger \`max\` lets them keep more without copies`;
    return copiedIn > 0 ? { reason, frames: copiedIn, bytes: copiedIn * bytesOf(layout) } : undefined;
  }

  /**
   * Resolves when every sink has finished after the end of the stream.
   * @throws GstError where that takes longer than `limit` milliseconds.
   */
  async drained(limit = DRAIN_LIMIT): Promise<void> {
    if (await this.#endsWithin(limit)) return;
    throw new GstError(
      `stage '${this.#name}': the pipeline did not finish within ${limit / 1000} s of the end of the stream; what it writes may be incomplete`,
    );
  }

  /**
   * Whatever its threads wait for, at once; but where a muxer would leave a damaged file, the stream is ended first, and gets
   * some seconds for it. Idempotent.
   */
  async stop(): Promise<void> {
    if (!this.#playing) return;
    this.#playing = false;
    if (!this.#failure && this.#ends.input && this.#stage.needsEnd()) {
      this.#stage.endInput();
      await this.#endsWithin(FINISH_LIMIT);
    }
    this.#onError = undefined;
    await this.#stage.stop();
    // Whoever waits for the end waits for nothing any more.
    this.#onEnd();
  }

  /** Lets go of the buffers, after `stop`; it may play again with others. Idempotent. */
  disconnect(): void {
    this.#stage.disconnect();
  }

  /** Closes devices and lets go of the buffers. After `stop`. Idempotent. */
  close(): void {
    this.#stage.close();
  }

  async #endsWithin(limit: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), limit);
    });
    const ended = this.#ended.then(() => true);
    return Promise.race([ended, late]).finally(() => clearTimeout(timer));
  }

  #fail(failure: GstFailure): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#onError?.(errorOf(this.#name, failure));
  }

  #known(caps: GstCaps, does: string, where: string): Caps[] | undefined {
    if (caps === undefined) {
      throw new GstError(
        `stage '${this.#name}': what the description ${does} is not known before it plays: end it with an element and caps, ` +
          'such as `! videoconvert ! video/x-raw,format=NV12,width=1280,height=720`',
      );
    }
    const ours = capsFromGst(caps);
    if (ours?.length !== 0) return ours;
    const media = Array.isArray(caps) ? [...new Set(caps.map((each) => each.media))].join(', ') : caps;
    throw new GstError(
      `stage '${this.#name}': the description ${does} ${media || 'nothing'} at its ${where}, in no format that dmaflow has: put ` +
        `an element there that converts, such as videoconvert`,
    );
  }
}

const ANY_SIZE = { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1 };
const ANYTHING = gstFormats().map(
  (format): Caps => ({ format, arrangement: 'one-buffer', width: ANY_SIZE, height: ANY_SIZE }),
);

function bytesOf(layout: FrameLayout | undefined): number {
  return layout?.memoryPlanes.reduce((sum, length) => sum + length, 0) ?? 0;
}

function parsed(name: string, description: string, create: () => GstStage): GstStage {
  try {
    return create();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const missing = (cause as TypeError & { missing?: string[] }).missing ?? [];
    throw new GstError(
      `stage '${name}': ${cause.message} in \`${description}\`${missing.map(installAdvice).join('')}`,
    );
  }
}

function installAdvice(element: string): string {
  const debian = debianPackageOf(element);
  return debian ? `. On Debian and Ubuntu ${element} is in: apt-get install ${debian}` : '';
}

function errorOf(name: string, { element, message, debug }: GstFailure): GstError {
  const details = debug.split('\n').slice(1).join(' ').trim();
  const speaker = element ? `GStreamer element '${element}': ` : '';
  return new GstError(`stage '${name}': ${speaker}${message}${details ? ` (${details})` : ''}`, {
    ...(element ? { element } : {}),
    debug,
  });
}
