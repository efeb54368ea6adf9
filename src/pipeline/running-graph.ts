/**
 * A graph with memory and flowing frames. `start` goes through the steps allocate, attach, flow; what was done is undone in
 * reverse order, when a step fails and when it stops.
 */
import { InvalidStateError, isKernelError, KernelError } from '../errors';
import type { LoopError } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { MemorySource } from './explain';
import { Flow, type FlowListener } from './flow';
import type { FrameLayout } from './frame-layout';
import type { GraphNode } from './graph';
import { openTransforms } from './open-transforms';
import type { PreparedGraph } from './prepared-graph';
import type { Screenshot } from './screenshot';
import { type MemoryOptions, type SharedBuffers, shareBuffers } from './shared-buffers';
import type { OpenDevice, OpenTransform } from './stage';
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

export class RunningGraph {
  readonly #shared: SharedBuffers;
  readonly flow: Flow;
  readonly #prepared: PreparedGraph;
  readonly #transforms: ReadonlyMap<GraphNode, OpenTransform>;
  readonly #undo: UndoStack;
  #started: Milliseconds = performance.now();
  #ended: Milliseconds | undefined;

  private constructor(
    prepared: PreparedGraph,
    shared: SharedBuffers,
    transforms: ReadonlyMap<GraphNode, OpenTransform>,
    flow: Flow,
    undo: UndoStack,
  ) {
    this.#prepared = prepared;
    this.#shared = shared;
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
      const shared = await shareBuffers({ ...prepared, kernel, name: graph.source.name }, options, undo);
      const { pool, layout, capture, displays } = shared;
      const onError = (error: Error) => listener.onError(error);
      const transforms = await openTransforms(graph, () => layout, onError, undo);
      const flow = new Flow(
        {
          kernel,
          graph,
          layout,
          buffers: pool.buffers,
          capture,
          displays,
          transforms,
        },
        flowListener(prepared, listener),
      );
      undo.push(() => flow.stop());
      const running = new RunningGraph(prepared, shared, transforms, flow, undo);
      listener.onReady(running);
      await flow.loop.start().catch((error: unknown) => {
        throw isKernelError(error) ? prepared.source.advise(error) : error;
      });
      running.#started = performance.now();
      return running;
    } catch (error) {
      await undo.undoAll();
      throw error;
    }
  }

  get layout(): FrameLayout {
    return this.#shared.layout;
  }

  /** Where the buffers came from. */
  get memory(): MemorySource {
    return this.#shared.memory;
  }

  stats(): PipelineStats {
    return this.flow.stats({
      elapsed: ((this.#ended ?? performance.now()) - this.#started) / 1000,
      heap: this.memory.heap,
      heapFallbacks: this.memory.fallbacks.length,
      source: {
        name: this.#prepared.graph.source.name,
        device: this.#prepared.source.device,
        copied: this.#shared.copied,
      },
      syncCalls: this.#syncCalls(),
    });
  }

  canScreenshot(node: GraphNode): boolean {
    return this.#prepared.sinks.get(node)?.canScreenshot === true;
  }

  async screenshot(node: GraphNode): Promise<Screenshot> {
    const sink = this.#prepared.sinks.get(node);
    const display = this.flow.displayId(node);
    if (!sink || display === undefined) throw new InvalidStateError(`'${node.name}' shows nothing`);
    return sink.screenshot(this.flow.loop, display);
  }

  #syncCalls(): number {
    const { starts, ends } = this.#shared.pool.syncCount;
    const elsewhere = [...this.#transforms.values()].map(({ use }) => use?.syncCalls ?? 0);
    return elsewhere.reduce((sum, calls) => sum + calls, starts + ends);
  }

  /** No more frames will come: the time that counts for the rates ends here. */
  sourceEnded(): void {
    this.#ended ??= performance.now();
  }

  /** Frames end, devices let go of the buffers, the pool is freed. Throws the first error after all is done. */
  async stop(): Promise<void> {
    this.sourceEnded();
    const error = await this.#undo.undoAll();
    if (error !== undefined) throw error;
  }
}

function flowListener(prepared: PreparedGraph, listener: RunListener): FlowListener {
  return {
    onDeviceError(node, error) {
      const device: OpenDevice | undefined = prepared.sinks.get(node) ?? prepared.source;
      listener.onError(device.advise(loopError(error)));
    },
    onStageError: (error) => listener.onError(error),
    onEnd: () => listener.onEnd(),
  };
}

function loopError(error: LoopError): KernelError {
  return new KernelError(error.syscall, error.errno);
}
