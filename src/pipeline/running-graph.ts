/**
 * A graph with memory and flowing frames. `start` goes through the steps allocate, attach, flow; what was done is undone in
 * reverse order, when a step fails and when it stops.
 */
import { BufferPool } from '../allocators/buffer-pool';
import { DmaHeapAllocator } from '../allocators/dma-heap-allocator';
import type { HeapPreferences } from '../allocators/heap-policy';
import { InvalidStateError, isKernelError, KernelError } from '../errors';
import type { LoopError } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { MemorySource } from './explain';
import { Flow, type FlowListener } from './flow';
import type { FrameLayout } from './frame-layout';
import type { GraphNode } from './graph';
import type { PreparedGraph } from './prepared-graph';
import type { Screenshot } from './screenshot';
import type { DisplayAttachment, OpenDevice } from './stage';
import type { PipelineStats } from './stats';

export interface RunListener {
  /** All is connected; frames flow from here on. */
  onReady(running: RunningGraph): void;
  onError(error: Error): void;
  onEnd(): void;
}

export interface RunOptions {
  kernel: Kernel;
  heaps?: HeapPreferences | undefined;
}

/** Monotonic milliseconds. */
type Milliseconds = number;

export class RunningGraph {
  readonly #pool: BufferPool;
  readonly flow: Flow;
  readonly #prepared: PreparedGraph;
  readonly #undo: (() => void | Promise<void>)[];
  #started: Milliseconds = performance.now();
  #ended: Milliseconds | undefined;

  private constructor(
    prepared: PreparedGraph,
    pool: BufferPool,
    flow: Flow,
    undo: (() => void | Promise<void>)[],
  ) {
    this.#prepared = prepared;
    this.#pool = pool;
    this.flow = flow;
    this.#undo = undo;
  }

  static async start(
    prepared: PreparedGraph,
    options: RunOptions,
    listener: RunListener,
  ): Promise<RunningGraph> {
    const undo: (() => void | Promise<void>)[] = [];
    try {
      const pool = await allocatePool(prepared, options, undo);
      const heap = pool.source.heap ?? 'the driver';
      const displays = new Map<GraphNode, DisplayAttachment>();
      for (const [node, sink] of prepared.sinks) {
        undo.push(() => sink.detach());
        displays.set(node, await sink.attach(prepared.layout, pool.buffers, heap));
      }
      undo.push(() => prepared.source.detach());
      const capture = prepared.source.attach(pool.buffers, heap);
      const flow = new Flow(
        {
          kernel: options.kernel,
          graph: prepared.graph,
          layout: prepared.layout,
          buffers: pool.buffers,
          capture,
          displays,
        },
        flowListener(prepared, listener),
      );
      undo.push(() => flow.stop());
      const running = new RunningGraph(prepared, pool, flow, undo);
      listener.onReady(running);
      await flow.loop.start().catch((error: unknown) => {
        throw isKernelError(error) ? prepared.source.advise(error) : error;
      });
      running.#started = performance.now();
      return running;
    } catch (error) {
      await undoAll(undo);
      throw error;
    }
  }

  get layout(): FrameLayout {
    return this.#prepared.layout;
  }

  /** Where the buffers came from. */
  get memory(): MemorySource {
    const { heap, reason, fallbacks } = this.#pool.source;
    return {
      heap: heap ?? 'the driver',
      reason,
      fallbacks: fallbacks.map((tried) => `${tried.heap}: ${tried.error.message}`),
      allocated: true,
    };
  }

  stats(): PipelineStats {
    return this.flow.stats({
      elapsed: ((this.#ended ?? performance.now()) - this.#started) / 1000,
      heap: this.memory.heap,
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
    const { starts, ends } = this.#pool.syncCount;
    return starts + ends;
  }

  /** No more frames will come: the time that counts for the rates ends here. */
  sourceEnded(): void {
    this.#ended ??= performance.now();
  }

  /** Frames end, devices let go of the buffers, the pool is freed. Throws the first error after all is done. */
  async stop(): Promise<void> {
    this.sourceEnded();
    const error = await undoAll(this.#undo);
    if (error !== undefined) throw error;
  }
}

async function allocatePool(
  prepared: PreparedGraph,
  options: RunOptions,
  undo: (() => void | Promise<void>)[],
): Promise<BufferPool> {
  const allocator = new DmaHeapAllocator(options.kernel, { heaps: options.heaps ?? {} });
  undo.push(() => allocator.close());
  const pool = await BufferPool.allocate(allocator, {
    owner: prepared.graph.source.name,
    count: prepared.plan.count,
    planeLengths: prepared.layout.memoryPlanes,
    requirement: prepared.plan.requirement,
  });
  undo.push(() => pool.close());
  return pool;
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

/** Undoes in reverse order, all of it; returns the first error. */
async function undoAll(undo: (() => void | Promise<void>)[]): Promise<unknown> {
  let first: unknown;
  for (let step = undo.pop(); step; step = undo.pop()) {
    try {
      await step();
    } catch (error) {
      first ??= error;
    }
  }
  return first;
}
