/**
 * A graph with memory and flowing frames. `start` goes through the steps allocate, attach, flow; what was done is undone in
 * reverse order, when a step fails and when it stops.
 */
import { BufferReserve } from '../allocators/buffer-reserve';
import { InvalidStateError, isKernelError, KernelError } from '../errors';
import type { LoopError } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { MemorySource } from './explain';
import { framesWillFlow } from './first-frames';
import { Flow, type FlowListener, type FlowSegment } from './flow';
import type { GraphNode, ProducerNode } from './graph';
import type { NativeParts } from './native-stages';
import { openTransforms } from './open-transforms';
import { displaysOf, type PreparedGraph, type PreparedSegment, plannedLinks } from './prepared-graph';
import type { Screenshot } from './screenshot';
import { producerAbove, producerOf } from './segments';
import { fillBuffers, type MemoryOptions, type SharedBuffers, shareBuffers } from './shared-buffers';
import type { OpenDevice, OpenTakerSink, OpenTransform, RunEvents } from './stage';
import type { PipelineStats } from './stats';
import { UndoStack } from './undo';

export interface RunListener {
  /** All is connected; frames flow from here on. */
  onReady(running: RunningGraph): void;
  onError(error: Error): void;
  onEnd(): void;
}

export interface RunOptions extends MemoryOptions {
  kernel: Kernel;
}

/** Monotonic milliseconds. */
type Milliseconds = number;

/** A segment with its buffers. */
interface RunningSegment {
  prepared: PreparedSegment;
  shared: SharedBuffers;
}

export class RunningGraph {
  readonly #segments: readonly RunningSegment[];
  readonly flow: Flow;
  readonly #prepared: PreparedGraph;
  readonly #transforms: ReadonlyMap<GraphNode, OpenTransform>;
  readonly #undo: UndoStack;
  #started = monotonicTime();
  #ended: Milliseconds | undefined;

  private constructor(
    prepared: PreparedGraph,
    segments: readonly RunningSegment[],
    transforms: ReadonlyMap<GraphNode, OpenTransform>,
    flow: Flow,
    undo: UndoStack,
  ) {
    this.#prepared = prepared;
    this.#segments = segments;
    this.flow = flow;
    this.#transforms = transforms;
    this.#undo = undo;
  }

  static async start(
    prepared: PreparedGraph,
    options: RunOptions,
    listener: RunListener,
  ): Promise<RunningGraph> {
    const undo = new UndoStack();
    try {
      const { kernel } = options;
      const { graph } = prepared;
      const segments: RunningSegment[] = [];
      for (const segment of prepared.segments) {
        segments.push({ prepared: segment, shared: await share(segment, prepared, options, undo) });
      }
      const onError = (error: Error) => listener.onError(error);
      const parts = segments.map(({ prepared: { producer }, shared: { layout, pool, capture } }) => ({
        producer,
        layout,
        buffers: pool.buffers,
        capture,
      }));
      const layoutOf = (node: GraphNode) => partOf(parts, producerOf(node)).layout;
      const transforms = await openTransforms(graph, layoutOf, onError, undo);
      const natives = await attachNatives(prepared, parts, { onError }, undo);
      const displays = new Map(segments.flatMap(({ shared }) => [...shared.displays]));
      const flow = new Flow(
        { kernel, graph, segments: parts, displays, transforms, natives },
        flowListener(prepared, listener),
      );
      undo.push(() => flow.stop());
      const running = new RunningGraph(prepared, segments, transforms, flow, undo);
      listener.onReady(running);
      framesWillFlow();
      await flow.start().catch((error: unknown) => {
        throw isKernelError(error) ? prepared.source.advise(error) : error;
      });
      running.#started = monotonicTime();
      return running;
    } catch (error) {
      await undo.undoAll();
      throw error;
    }
  }

  /** Where the buffers of a segment came from. */
  memoryOf({ producer }: PreparedSegment): MemorySource | undefined {
    return this.#segments.find(({ prepared }) => prepared.producer === producer)?.shared.memory;
  }

  get #first(): RunningSegment {
    const [first] = this.#segments;
    if (!first) throw new TypeError('a graph has at least one segment');
    return first;
  }

  /** The buffers for the run after this one, by producer; the caller's to close. */
  keepBuffers(): Map<string, BufferReserve> {
    return new Map(
      this.#segments.map(({ prepared, shared }) => [prepared.producer.name, new BufferReserve(shared.pool)]),
    );
  }

  stats(): PipelineStats {
    const { graph, source } = this.#prepared;
    return this.flow.stats({
      elapsed: ((this.#ended ?? monotonicTime()) - this.#started) / 1000,
      heap: this.#first.shared.memory.heap,
      source: {
        name: graph.source.name,
        copied: source.kind === 'pool' ? source.copied : undefined,
        copies: this.#first.shared.copies,
      },
      links: plannedLinks(this.#prepared, (segment) => this.memoryOf(segment)?.fallbacks.length ?? 0),
      syncCalls: this.#syncCalls(),
    });
  }

  canScreenshot(node: GraphNode): boolean {
    const sink = this.#prepared.sinks.get(node);
    return sink?.kind === 'display' && sink.canScreenshot;
  }

  async screenshot(node: GraphNode): Promise<Screenshot> {
    const sink = this.#prepared.sinks.get(node);
    const display = this.flow.displayId(node);
    if (sink?.kind !== 'display' || display === undefined)
      throw new InvalidStateError(`'${node.name}' shows nothing`);
    return sink.screenshot(this.flow.loop, display);
  }

  #syncCalls(): number {
    const pools = this.#segments.map(({ shared }) => shared.pool.syncCount);
    const elsewhere = [
      ...[...this.#transforms.values()].map(({ use }) => use?.syncCalls ?? 0),
      ...[...this.#prepared.converters.values()].map(({ counts }) => counts.use?.syncCalls ?? 0),
    ];
    return elsewhere.reduce(
      (sum, calls) => sum + calls,
      pools.reduce((sum, { starts, ends }) => sum + starts + ends, 0),
    );
  }

  /** No more frames will come: the time that counts for the rates ends here. */
  sourceEnded(): void {
    this.#ended ??= monotonicTime();
  }

  /** Frames end, devices let go of the buffers, the pool is freed. Throws the first error after all is done. */
  async stop(): Promise<void> {
    this.sourceEnded();
    const error = await this.#undo.undoAll();
    if (error !== undefined) throw error;
  }
}

/** `performance` takes Node some milliseconds to make, when frames are about to flow. */
function monotonicTime(): Milliseconds {
  return Number(process.hrtime.bigint()) / 1e6;
}

function share(
  segment: PreparedSegment,
  { source, sinks, graph }: PreparedGraph,
  options: RunOptions,
  undo: UndoStack,
): Promise<SharedBuffers> {
  const { layout, plan, producer } = segment;
  const displays = displaysOf(segment, sinks);
  const sharers = { kernel: options.kernel, name: producer.name, displays, layout, plan };
  return producer === graph.source && source.kind === 'capture'
    ? shareBuffers({ ...sharers, source }, options, undo)
    : fillBuffers(sharers, options, undo);
}

function partOf(parts: readonly FlowSegment[], producer: ProducerNode): FlowSegment {
  const part = parts.find((each) => each.producer === producer);
  if (!part) throw new TypeError(`'${producer.name}' has no buffers`);
  return part;
}

/** Gives stages outside the frame loop the buffers that they work with. */
async function attachNatives(
  { graph, source, sinks, converters }: PreparedGraph,
  parts: readonly FlowSegment[],
  events: RunEvents,
  undo: UndoStack,
): Promise<NativeParts> {
  const takers = new Map<GraphNode, OpenTakerSink>();
  if (source.kind === 'pool') {
    undo.push(() => source.detach());
    await source.attach(partOf(parts, graph.source), events);
  }
  for (const [node, converter] of converters) {
    undo.push(() => converter.detach());
    const output = partOf(parts, node as ProducerNode);
    await converter.attach(partOf(parts, producerAbove(node)), output, events);
  }
  for (const [node, sink] of sinks) {
    if (sink.kind !== 'taker') continue;
    undo.push(() => sink.detach());
    await sink.attach(partOf(parts, producerAbove(node)), events);
    takers.set(node, sink);
  }
  const pool = source.kind === 'pool' ? { node: graph.source, open: source } : undefined;
  return { source: pool, converters, sinks: takers };
}

function flowListener(prepared: PreparedGraph, listener: RunListener): FlowListener {
  return {
    onDeviceError(node, error) {
      const device: OpenDevice | undefined =
        prepared.sinks.get(node) ?? prepared.converters.get(node) ?? prepared.source;
      listener.onError(device.advise(loopError(error)));
    },
    onStageError: (error) => listener.onError(error),
    onEnd: () => listener.onEnd(),
  };
}

function loopError(error: LoopError): KernelError {
  return new KernelError(error.syscall, error.errno);
}
