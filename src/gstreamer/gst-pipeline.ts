/** A whole GStreamer pipeline, owned from TypeScript. */
import type { Observable, Subject } from 'rxjs';
import { forgetLeak, watchForLeak } from '../allocators/leak-alarm';
import { InvalidStateError } from '../errors';
import { loadRxjs } from '../pipeline/on-demand-subject';
import { Outcome } from '../pipeline/outcome';
import { type GStreamer, loadGStreamer } from './binding';
import { missingPluginAdvice } from './debian-packages';
import type { ElementProperties, KnownElement } from './element-types';
import type { GiBin } from './gi';
import { type AnyProperties, GstElement } from './gst-element';
import { GstError } from './gst-error';
import type { GstMessage, GstState } from './messages';
import { parsePipeline, suggest } from './parse';
import { StateChanges } from './state-changes';

/** Those that play, or change: they live although nothing refers to them. */
const held = new Set<GstPipeline>();

export interface SeekOptions {
  /** 1 by default; negative plays backwards, from the position to the start. */
  rate?: number;
  /** What is in the pipeline is dropped, and the seek takes effect at once; true by default. */
  flush?: boolean;
  /** The key frame before the position will do, which is much faster; false by default. */
  keyFrame?: boolean;
}

/**
 * Life: `null` when made; `play()` and `pause()` take it through `ready` and `paused`; `stop()` back to `null`, from where it
 * may start again; disposed at the end. While it plays or is paused it keeps the process alive: until `stop()`,
 * dispose, the end of the stream, or an error.
 *
 * An element's error does not change the state, as everywhere in GStreamer: it fails the change that is under way, and
 * `finished`; then stop, or dispose.
 */
export class GstPipeline implements AsyncDisposable {
  readonly #gstreamer: GStreamer;
  readonly #bin: GiBin;
  readonly #id: number;
  readonly #name: string;
  readonly #changes: StateChanges;
  #messages: Subject<GstMessage> | undefined;
  #wanted: GstState = 'null';
  #outcome = new Outcome<void>();
  /** The stream has ended, or failed. */
  #over = false;
  /** What to install, where an element said that something is missing. */
  #missing: string | undefined;
  #holding = false;
  #disposed = false;
  #disposing: Promise<void> | undefined;

  /**
   * Made from the text of gst-launch: `videotestsrc name=src ! videoconvert ! autovideosink`. Nothing is opened or started.
   *
   * @throws RangeError for an element or a property that does not exist, with the names nearest to it; UnsupportedError
   * where GStreamer is not installed, or for an element of a plugin that is not, with what to install; TypeError for what
   * cannot be parsed or linked.
   */
  static parse(description: string): GstPipeline {
    const gstreamer = loadGStreamer();
    return new GstPipeline(gstreamer, parsePipeline(gstreamer, description));
  }

  private constructor(gstreamer: GStreamer, bin: GiBin) {
    const { addon, addressOf } = gstreamer;
    this.#gstreamer = gstreamer;
    this.#bin = bin;
    this.#name = bin.getName();
    // The addon holds what it calls, and would hold a pipeline for good that the program has dropped.
    const self = new WeakRef(this);
    const id = addon.adoptPipeline(addressOf(bin), (message) => {
      const pipeline = self.deref();
      if (pipeline) pipeline.#hear(message);
    });
    this.#id = id;
    const name = this.#name;
    watchForLeak(this, {
      describe: () => `GstPipeline '${name}'`,
      reclaim: () => {
        addon.setState(id, 'null').then(() => addon.releasePipeline(id));
      },
    });
    this.#changes = new StateChanges({
      setState: (state) => addon.setState(id, state),
      deliverMessages: () => addon.deliverMessages(id),
    });
  }

  get name(): string {
    return this.#name;
  }

  /** What the pipeline has reached, as far as its messages have said. */
  get state(): GstState {
    return this.#changes.current;
  }

  /** The pipeline as node-gtk has it, for what is not here. Leave its state and its bus alone. */
  get gst(): object {
    this.#checkAlive();
    return this.#bin;
  }

  /** What comes over the bus from now on, from all elements; completes when the pipeline is disposed. */
  get messages$(): Observable<GstMessage> {
    this.#messages ??= new (loadRxjs().Subject)();
    if (this.#disposed) this.#messages.complete();
    return this.#messages.asObservable();
  }

  /**
   * An element by name, `name=…` in the description. With its factory its properties are typed: `element('enc', 'x264enc')`.
   *
   * @throws RangeError where there is none of that name, with the nearest; TypeError where it is of another factory.
   */
  element<Factory extends KnownElement>(
    name: string,
    factory: Factory,
  ): GstElement<ElementProperties<Factory>>;
  element(name: string, factory?: string): GstElement;
  element(name: string, factory?: string): GstElement {
    this.#checkAlive();
    const known = this.#gstreamer.addon.elements(this.#id);
    const entry = known.find((candidate) => candidate.name === name);
    const element = this.#bin.getByName(name);
    if (!entry || !element) {
      const names = known.map((candidate) => candidate.name);
      throw new RangeError(`the pipeline has no element named '${name}'${suggest(name, names)}`);
    }
    const actual = entry.factory ?? 'unknown';
    if (factory !== undefined && factory !== actual) {
      throw new TypeError(`element '${name}' is a ${actual}, not a ${factory}`);
    }
    return new GstElement<AnyProperties>(this.#gstreamer, element, {
      name,
      factory: actual,
      isDisposed: () => this.#disposing !== undefined,
    });
  }

  /** Names and factories of all elements, those inside of bins too. */
  elements(): { name: string; factory: string | undefined }[] {
    this.#checkAlive();
    return this.#gstreamer.addon
      .elements(this.#id)
      .map(({ name, factory }) => ({ name, factory: factory ?? undefined }));
  }

  /**
   * Resolves when the state is reached: for `paused` and `playing`, when every sink has its first buffer (live sources need
   * none). Rejects with {@link GstError} where an element fails on the way, with InvalidStateError where another
   * change is asked for meanwhile. GStreamer works on it in another thread.
   */
  async setState(state: GstState): Promise<void> {
    this.#checkAlive();
    this.#wanted = state;
    if (isRunning(state)) this.#begin();
    this.#hold(true);
    try {
      await this.#changes.change(state);
      if (!isRunning(state)) this.#finish();
    } finally {
      this.#updateHold();
    }
  }

  play(): Promise<void> {
    return this.setState('playing');
  }

  pause(): Promise<void> {
    return this.setState('paused');
  }

  /** To `null`: devices and files are closed, and the pipeline may start again. */
  stop(): Promise<void> {
    return this.setState('null');
  }

  /**
   * Resolves when the stream has ended or the pipeline was stopped, rejects with the first {@link GstError}. A start, and a
   * seek from the end, begin another one. An error that neither this, nor a change of state, nor `messages$` observes is an unhandled
   * rejection.
   */
  get finished(): Promise<void> {
    return this.#outcome.promise;
  }

  /**
   * Ends the stream at its sources, so that what writes a file can finish it, and waits for the end at the sinks. The
   * pipeline has to play.
   */
  async sendEos(): Promise<void> {
    this.#checkAlive();
    if (this.#wanted !== 'playing') {
      throw new InvalidStateError(
        `the GStreamer pipeline is '${this.state}': the end of a stream gets to the sinks only while it plays`,
      );
    }
    const { finished } = this;
    const taken = await this.#gstreamer.addon.sendEos(this.#id);
    if (!taken) throw new GstError('no source of the GStreamer pipeline took the end of the stream');
    await finished;
  }

  /** Microseconds; undefined where the pipeline does not know it (yet). */
  async position(): Promise<number | undefined> {
    this.#checkAlive();
    return (await this.#gstreamer.addon.queryPosition(this.#id)) ?? undefined;
  }

  /** Microseconds; undefined where the pipeline does not know it (yet), as of live sources. */
  async duration(): Promise<number | undefined> {
    this.#checkAlive();
    return (await this.#gstreamer.addon.queryDuration(this.#id)) ?? undefined;
  }

  /**
   * Resolves when what is there has come to the sinks.
   *
   * @param position microseconds.
   * @throws GstError where the pipeline cannot seek: live sources, states below `paused`.
   */
  async seek(
    position: number,
    { rate = 1, flush = true, keyFrame = false }: SeekOptions = {},
  ): Promise<void> {
    this.#checkAlive();
    if (!(Number.isFinite(rate) && rate !== 0)) throw new RangeError(`seek: rate must not be ${rate}`);
    const result = await this.#gstreamer.addon.seek(this.#id, { position, rate, flush, keyFrame });
    if (result === 'refused') throw new GstError(`the GStreamer pipeline cannot seek to ${position} µs`);
    // From the end of the stream it plays again.
    this.#begin();
    this.#updateHold();
    if (result === 'async') await this.#changes.settled();
  }

  /** The elements, their links, caps and properties, in Graphviz's language (`dot -Tsvg`). */
  toDot(): string {
    this.#checkAlive();
    const { Gst } = this.#gstreamer;
    return Gst.debugBinToDotData(this.#bin, Gst.DebugGraphDetails.ALL);
  }

  /** Stops and frees everything inside, whatever the state; again does nothing. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    forgetLeak(this);
    this.#hold(true);
    this.#wanted = 'null';
    this.#changes.abandon(new InvalidStateError('the GstPipeline was disposed'));
    await this.#changes.change('null');
    this.#gstreamer.addon.releasePipeline(this.#id);
    this.#finish();
    this.#hold(false);
    this.#disposed = true;
    this.#messages?.complete();
  }

  #hear(message: GstMessage): void {
    switch (message.type) {
      case 'state-changed':
        if (message.element === this.#name) this.#changes.reached(message.to, message.pending);
        break;
      case 'async-done':
        this.#changes.prerolled();
        break;
      case 'element':
        this.#missing ??= missingPluginAdvice(message);
        break;
      case 'error':
        this.#fail(GstError.of(message, this.#missing));
        break;
      case 'eos':
        this.#finish();
        break;
      case 'latency':
        this.#gstreamer.addon.recalculateLatency(this.#id).catch(() => undefined);
        break;
      case 'clock-lost':
        if (this.#wanted === 'playing') this.#changes.repeat(['paused', 'playing']);
        break;
      default:
    }
    this.#messages?.next(message);
  }

  #fail(error: GstError): void {
    const failsAChange = this.#changes.failed(error);
    this.#over = true;
    this.#outcome.fail(error, failsAChange || this.#messages?.observed === true);
    this.#updateHold();
  }

  /** The end of a run. */
  #finish(): void {
    this.#over = true;
    this.#outcome.succeed();
    this.#updateHold();
  }

  /** A run after another one has an outcome of its own. */
  #begin(): void {
    if (!this.#over) return;
    this.#over = false;
    this.#missing = undefined;
    this.#outcome = new Outcome();
  }

  #updateHold(): void {
    this.#hold(isRunning(this.#wanted) && !this.#over);
  }

  #hold(holding: boolean): void {
    if (holding === this.#holding) return;
    this.#holding = holding;
    if (holding) held.add(this);
    else held.delete(this);
    if (holding) this.#gstreamer.addon.holdProcess();
    else this.#gstreamer.addon.releaseProcess();
  }

  #checkAlive(): void {
    if (this.#disposing) throw new InvalidStateError('this GstPipeline is disposed; parse another one');
  }
}

function isRunning(state: GstState): boolean {
  return state === 'paused' || state === 'playing';
}
