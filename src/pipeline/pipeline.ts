/**
 * The pipeline: a graph with a life. States: idle -> starting -> running (-> ended) -> stopping -> stopped, or failed;
 * from the last two it may start again. An error in one stage stops the whole in order and is reported once.
 */
import type { Observable } from 'rxjs';
import type { BufferReserve } from '../allocators/buffer-reserve';
import { InvalidStateError } from '../errors';
import { loadKernel } from '../native/binding';
import type { Kernel } from '../native/kernel';
import { intervalOf } from '../native/pace';
import { convert } from './convert';
import { checkedMax } from './cpu-stage';
import { expectedMemory } from './expected-memory';
import { explain } from './explain';
import type { Frame } from './frame';
import { type FrameStreamMember, frameStream } from './frame-stream';
import { buildGraph, type ChainElement, type Graph, type GraphNode, isSink, Tee } from './graph';
import { Life, type PipelineState } from './life';
import { OnDemandSubject } from './on-demand-subject';
import { Outcome } from './outcome';
import type { FramesOptions, PipelineOptions, Renegotiation } from './pipeline-options';
import {
  closeDevices,
  type PreparedGraph,
  type PreparedSegment,
  plannedLinks,
  prepareGraph,
} from './prepared-graph';
import { RunningGraph } from './running-graph';
import type { Screenshot } from './screenshot';
import type { PipelineStats } from './stats';
import { StatsReports } from './stats-reports';
import { assertZeroCopy, type ZeroCopyOptions } from './zero-copy';

export class Pipeline implements AsyncDisposable {
  readonly #graph: Graph;
  readonly #options: PipelineOptions;
  readonly #life = new Life();
  readonly #stats: StatsReports;
  readonly #errors$ = new OnDemandSubject<Error>();
  readonly #members = new Set<FrameStreamMember>();
  #changes: Renegotiation = {};
  #prepared: PreparedGraph | undefined;
  #running: RunningGraph | undefined;
  #ending: Promise<void> | undefined;
  #outcome = new Outcome<PipelineStats>();
  #lastStats: PipelineStats | undefined;
  #unwatch: (() => void) | undefined;
  #signal: AbortSignal | undefined;

  /** `new Pipeline(source, …stages)`, or with options first: `new Pipeline({ buffers: 8 }, source, …)`. */
  constructor(
    ...chain: [ChainElement, ...ChainElement[]] | [PipelineOptions, ChainElement, ...ChainElement[]]
  ) {
    const [first, ...rest] = chain;
    const hasOptions = first !== undefined && !(first instanceof Tee) && !('role' in Object(first));
    this.#options = hasOptions ? (first as PipelineOptions) : {};
    this.#stats = new StatsReports(this.#options.statsInterval ?? 1000);
    this.#graph = buildGraph((hasOptions ? rest : chain) as ChainElement[]);
  }

  get state(): PipelineState {
    return this.#life.state;
  }
  /** The state now and every change of it. */
  get state$(): Observable<PipelineState> {
    return this.#life.changes;
  }
  /** Statistics at each interval, and once more at the end. */
  get stats$(): Observable<PipelineStats> {
    return this.#stats.observable;
  }
  /** The error that stopped the pipeline, once. */
  get errors$(): Observable<Error> {
    return this.#errors$.observable;
  }
  /**
   * Resolves with the last statistics when the pipeline has stopped, at the end of a source with a frame limit or by `stop`; rejects
   * with the error that stopped it. An error that neither this nor `errors$` observes is an unhandled rejection.
   */
  get finished(): Promise<PipelineStats> {
    return this.#outcome.promise;
  }

  /**
   * Resolves when no more frames will come: the source reached its limit and its last frame has been shown, or the pipeline stopped or
   * failed. Never rejects: `finished` says how it went.
   */
  get ended(): Promise<void> {
    const over = (state: PipelineState) => state !== 'idle' && state !== 'starting' && state !== 'running';
    return this.#life.when(over);
  }

  /** Statistics of this moment; of the last one after the end. Throws InvalidStateError before the first start. */
  stats(): PipelineStats {
    const stats = this.#running?.stats() ?? this.#lastStats;
    if (!stats) throw new InvalidStateError('no statistics yet: start() the pipeline first');
    return stats;
  }

  /**
   * Throws where a CPU copies frames between the source and the sinks, or writes into them (`allowWrites` allows that): by the plan
   * before the start, by plan and counters from then on. Reading in place is no copy. Called after the end it judges the run.
   *
   * @throws CopyError with the link and the reason.
   */
  assertZeroCopy(options: ZeroCopyOptions = {}): void {
    const { links } = this.#running?.stats() ?? this.#lastStats ?? { links: plannedLinks(this.#prepare()) };
    assertZeroCopy(links, options);
  }

  /**
   * The graph in words: each link's format, stride, heap, count, bytes, and the reasons; while it runs what was counted so far.
   * Before a start it opens the devices and negotiates; they stay open until `start`, `stop` or dispose.
   */
  explain(): string {
    const prepared = this.#prepare();
    const running = this.#running;
    const links = running?.stats().links ?? plannedLinks(prepared);
    const memoryOf = (segment: PreparedSegment) =>
      running?.memoryOf(segment) ?? expectedMemory(segment, this.#kernel(), this.#options);
    return explain(prepared, memoryOf, links, running !== undefined);
  }

  /**
   * Negotiates, allocates, starts the camera; resolves when frames flow. A signal that aborts stops the pipeline. Rejects with
   * everything given back.
   */
  async start(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.state !== 'idle' && this.state !== 'stopped' && this.state !== 'failed') {
      throw new InvalidStateError(`the pipeline is ${this.state}: start() it when it has stopped`);
    }
    options.signal?.throwIfAborted();
    if (this.state !== 'idle') this.#outcome = new Outcome();
    this.#ending = undefined;
    this.#life.enter('starting');
    try {
      await this.#launch(options.signal);
    } catch (error) {
      this.#fail();
      throw error;
    }
  }

  /**
   * Negotiates anew while frames flow: with another size, rate or format of the source, another number of buffers, and room for those
   * who have subscribed meanwhile. Frames stop and start again; buffers that fit are kept, only missing ones are allocated, and those that
   * are too many go back to their heap. Frames that are kept stay as they are. Statistics start at zero. What was changed holds for later
   * starts too. Where the new negotiation fails, so does the pipeline.
   */
  async renegotiate(changes: Renegotiation = {}): Promise<void> {
    const running = this.#running;
    if (!running || this.state !== 'running') {
      throw new InvalidStateError(`the pipeline is ${this.state}: renegotiate() while it is running`);
    }
    this.#changes = { ...this.#changes, ...changes };
    this.#life.enter('starting');
    this.#running = undefined;
    this.#unwatch?.();
    const reserves = running.keepBuffers();
    try {
      await running.stop();
      this.#lastStats = running.stats();
      this.#closePrepared();
      await this.#launch(this.#signal, reserves);
    } catch (error) {
      this.#fail();
      for (const member of [...this.#members]) member.onEnd(error as Error);
      this.#outcome.fail(error as Error, true);
      throw error;
    } finally {
      for (const reserve of reserves.values()) reserve.close();
    }
  }

  /** Starts, and waits for the end: resolves with the last statistics, rejects with the error that stopped it. */
  async run(options: { signal?: AbortSignal } = {}): Promise<PipelineStats> {
    await this.start(options);
    return this.finished;
  }

  /** Stops in order and gives everything back. Idempotent; safe in any state. */
  async stop(): Promise<void> {
    if (this.state === 'starting') await this.#life.when((state) => state !== 'starting');
    if (this.#running) await this.#end();
    this.#closePrepared();
  }

  /**
   * Frames that leave a stage (`camera`, or a CPU stage by name). Each closes when the subscriber's function returns; keep one with
   * `frame.clone()` and close that. May be subscribed before the start (the pool grows by what it may hold) or while running (it takes what
   * the camera can spare). Completes when the pipeline stops, errors when it fails.
   */
  frames(stage: string, options: FramesOptions = {}): Observable<Frame> {
    const node = this.#node(stage, (n) => !isSink(n), 'frames leave sources, converters and CPU stages');
    const credit = {
      max: checkedMax('frames()', options.max ?? 1),
      policy: options.policy ?? 'latest',
      interval: intervalOf('frames()', options.fps),
    };
    return frameStream({ join: (member) => this.#join(member) }, node, credit);
  }

  /** What a display shows now, read back from its writeback connector (`kmsSink({ writeback: true })`). */
  async screenshot(sink?: string): Promise<Screenshot> {
    const node = this.#node(sink, isSink, 'only sinks show frames');
    if (!this.#running)
      throw new InvalidStateError(`the pipeline is ${this.state}: a screenshot needs it running`);
    return this.#running.screenshot(node);
  }

  /** Whether `screenshot()` can read this display now. */
  canScreenshot(sink?: string): boolean {
    return this.#running?.canScreenshot(this.#node(sink, isSink, 'only sinks show frames')) === true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #kernel(): Kernel {
    return this.#options.kernel ?? loadKernel();
  }

  #prepare(): PreparedGraph {
    this.#prepared ??= prepareGraph(this.#graph, {
      kernel: this.#kernel(),
      subscribers: [...this.#members].map(({ node, credit }) => ({
        name: `a subscriber of ${node.name}`,
        node,
        ...credit,
      })),
      buffers: this.#changes.buffers ?? this.#options.buffers,
      changes: this.#changes,
      autoConvert: this.#options.autoConvert ? () => convert() : undefined,
    });
    return this.#prepared;
  }

  async #launch(signal?: AbortSignal, reserves?: ReadonlyMap<string, BufferReserve>): Promise<void> {
    const { heaps, memory } = this.#options;
    const starting = RunningGraph.start(
      this.#prepare(),
      { kernel: this.#kernel(), heaps, memory, reserves },
      {
        onReady: (running) => this.#connect(running),
        // To a JavaScript thread that is late, the loop's end can come with the news of its start.
        onError: (error) => void starting.then((from) => this.#ofNow(from, () => this.#end(error)), ignore),
        onEnd: () => void starting.then((from) => this.#ofNow(from, () => this.#sourceEnded()), ignore),
      },
    );
    await starting;
    this.#life.enter('running');
    this.#watch(signal);
  }

  /** A start that failed has undone what it did; devices may be open still. */
  #fail(): void {
    this.#running = undefined;
    this.#closePrepared();
    this.#life.enter('failed');
  }

  /** What a run reports after `renegotiate()` has begun is about what stops anyway. */
  #ofNow(from: RunningGraph, handle: () => void): void {
    if (this.#running === from) handle();
  }

  /** Statistics at each interval and the abort signal, both until the end. */
  #watch(signal: AbortSignal | undefined): void {
    const abort = () => void this.#end();
    this.#signal = signal;
    this.#stats.begin(() => this.stats());
    this.#unwatch = () => {
      this.#stats.pause();
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  }

  #sourceEnded(): void {
    if (this.#options.atEnd !== 'hold' || this.state !== 'running') {
      void this.#end();
      return;
    }
    this.#running?.sourceEnded();
    this.#stats.pause();
    this.#life.enter('ended');
  }

  #end(error?: Error): Promise<void> {
    this.#ending ??= this.#endOnce(error);
    return this.#ending;
  }

  async #endOnce(error: Error | undefined): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#life.enter('stopping');
    this.#unwatch?.();
    let failure = error;
    try {
      await running.stop();
    } catch (stopError) {
      failure ??= stopError as Error;
    }
    const stats = running.stats();
    this.#lastStats = stats;
    this.#running = undefined;
    this.#closePrepared();
    this.#stats.report(stats);
    this.#life.enter(failure ? 'failed' : 'stopped');
    for (const member of [...this.#members]) member.onEnd(failure);
    if (!failure) {
      this.#outcome.succeed(stats);
      return;
    }
    this.#outcome.fail(failure, this.#errors$.observed);
    this.#errors$.next(failure);
  }

  #closePrepared(): void {
    if (this.#prepared) closeDevices(this.#prepared);
    this.#prepared = undefined;
  }

  /** Before frames flow, so that subscribers miss none. */
  #connect(running: RunningGraph): void {
    this.#running = running;
    for (const member of [...this.#members]) member.onFlow(running.flow);
  }

  #join(member: FrameStreamMember): () => void {
    this.#members.add(member);
    const flows = this.state === 'starting' || this.state === 'running';
    if (flows && this.#running) member.onFlow(this.#running.flow);
    return () => this.#members.delete(member);
  }

  #node(name: string | undefined, fits: (node: GraphNode) => boolean, rule: string): GraphNode {
    const fitting = this.#graph.nodes.filter(fits);
    const node = name === undefined ? fitting[0] : fitting.find((n) => n.name === name);
    if (node) return node;
    const names = this.#graph.nodes.map((n) => `'${n.name}'`).join(', ');
    throw new RangeError(
      `no such stage: ${name === undefined ? 'none fits' : `'${name}'`}; ${rule}. The stages are ${names}`,
    );
  }
}

/** A start that fails rejects `start()` itself. */
function ignore(): void {}
