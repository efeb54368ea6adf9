/**
 * The flow of frames while a pipeline runs: connects the frame loop with the stages. Camera to display goes inside the loop;
 * a tap brings frames to each JavaScript stage and subscriber, and natively to each converter and each sink outside the loop.
 */
import type { FrameBuffer } from '../allocators/buffer-pool';
import type { CaptureConfig, FrameLoop, FrameLoopListener, LoopError } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import type { FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import type { FrameLease } from './frame-lease';
import { type Graph, type GraphNode, isProducer, isTransform, type ProducerNode } from './graph';
import { LoopLeases } from './loop-leases';
import { type NativeParts, NativeStages } from './native-stages';
import { producerAbove, producerOf } from './segments';
import type { Credit, DisplayAttachment, OpenTransform, TransformStage } from './stage';
import { StageRunner } from './stage-runner';
import { collectStats, type PipelineStats, type StatsContext } from './stats';

/** Where the flow tells what happens. */
export interface FlowListener {
  onDeviceError(node: GraphNode, error: LoopError): void;
  onStageError(error: Error): void;
  onEnd(): void;
}

/** The buffers of one segment. */
export interface FlowSegment {
  producer: ProducerNode;
  layout: FrameLayout;
  buffers: readonly FrameBuffer[];
  /** Undefined where a program fills the buffers. */
  capture: CaptureConfig | undefined;
}

export interface FlowParts {
  kernel: Kernel;
  graph: Graph;
  segments: readonly FlowSegment[];
  displays: ReadonlyMap<GraphNode, DisplayAttachment>;
  natives: NativeParts;
  transforms: ReadonlyMap<GraphNode, OpenTransform>;
}

/** Buffers that a filler always has, whatever JavaScript keeps. */
const FILLER_RESERVE = 1;

/** Takes a frame with one handle, which it closes in the end. */
export type FrameConsumer = (lease: FrameLease, metadata: FrameMetadata) => void;

export class Flow implements FrameLoopListener {
  readonly loop: FrameLoop;
  readonly #parts: FlowParts;
  readonly #listener: FlowListener;
  /** By the loop's id of the capture or pool. */
  readonly #segments: readonly FlowSegment[];
  readonly #natives: NativeStages;
  readonly #displayIds = new Map<GraphNode, number>();
  readonly #displayNodes: GraphNode[] = [];
  readonly #runners = new Map<GraphNode, StageRunner>();
  readonly #tapOfRunner = new Map<GraphNode, number>();
  readonly #displaysOfRunner = new Map<GraphNode, readonly number[]>();
  /** By tap. */
  readonly #tapConsumers: (FrameConsumer | undefined)[] = [];
  /** Subscribers of frames that come out of a stage. */
  readonly #observers = new Map<GraphNode, Set<FrameConsumer>>();
  readonly #leases: LoopLeases;
  #sourceEnded = false;
  #endReported = false;
  #ended = false;

  constructor(parts: FlowParts, listener: FlowListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.loop = parts.kernel.createFrameLoop(this);
    this.#leases = new LoopLeases(this.loop);
    this.#segments = parts.segments;
    for (const { capture, buffers } of parts.segments) {
      if (capture) this.loop.addCapture(capture);
      else this.loop.addPool({ buffers: buffers.length, reserve: FILLER_RESERVE });
    }
    for (const node of parts.graph.nodes) {
      if (parts.displays.has(node)) this.#addDisplay(node);
      if (isTransform(node)) this.#addRunner(node);
    }
    this.#natives = new NativeStages(this.loop, parts.natives, (producer) => this.#queueOf(producer));
  }

  /** Frames flow from here on. */
  async start(): Promise<void> {
    await this.#natives.start();
    await this.loop.start();
  }

  /** Of the frames that leave `node`. */
  layoutOf(node: GraphNode): FrameLayout {
    return this.#segmentOf(producerOf(node)).layout;
  }

  displayId(node: GraphNode): number | undefined {
    return this.#displayIds.get(node);
  }

  /** Brings frames that leave `node` to `consumer` until the returned function is called. */
  observe(node: GraphNode, credit: Credit, consumer: FrameConsumer): () => void {
    if (isProducer(node)) {
      const tap = this.#addTap(node, { ...credit, drain: false }, consumer);
      return () => this.#removeTap(tap);
    }
    const observers = this.#observers.get(node) ?? new Set();
    this.#observers.set(node, observers.add(consumer));
    return () => observers.delete(consumer);
  }

  onFrame(
    tap: number,
    capture: number,
    index: number,
    sequence: number,
    timestamp: number,
    ...bytesUsed: number[]
  ): void {
    if (this.#ended) return;
    const consumer = this.#tapConsumers[tap];
    const buffer = this.#segments[capture]?.buffers[index];
    if (!consumer || !buffer) {
      this.loop.release(tap, capture, index);
      return;
    }
    consumer(this.#leases.take(tap, capture, index, buffer.planes), { sequence, timestamp, bytesUsed });
  }

  onError(error: LoopError): void {
    const node =
      error.source === 'display' ? this.#displayNodes[error.id] : this.#segments[error.id]?.producer;
    if (node) this.#listener.onDeviceError(node, error);
  }

  onEnd(): void {
    this.#sourceEnded = true;
    this.#checkEnd();
  }

  /** Everything that flows ends: stages finish the frame at work, the loop gives the buffers back. */
  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
    await this.#natives.stop();
    await this.loop.stop();
    this.#ended = true;
    this.#leases.end();
  }

  stats(context: Pick<StatsContext, 'elapsed' | 'heap' | 'syncCalls' | 'source' | 'links'>): PipelineStats {
    return collectStats(this.loop.stats(), {
      ...context,
      buffers: this.#segments[0]?.buffers.length ?? 0,
      displays: this.#displayNodes,
      transforms: [...this.#runners].map(([node, runner]) => ({
        name: node.name,
        ...runner.stats,
        use: runner.use,
        copied: runner.copied,
        tap: this.#tapOfRunner.get(node),
      })),
      natives: this.#natives.figures(),
    });
  }

  /** The stream has ended when the loop says so and no stage is at work on what came before. */
  #checkEnd(): void {
    // After each frame of each stage: first what is nearly always so.
    if (!this.#sourceEnded || this.#endReported) return;
    if ([...this.#runners.values()].some((runner) => runner.busy)) return;
    this.#endReported = true;
    const drained = this.#natives.drained();
    if (!drained) this.#listener.onEnd();
    else
      void drained.then(
        () => this.#listener.onEnd(),
        (error) => this.#listener.onStageError(error),
      );
  }

  #queueOf(producer: ProducerNode): number {
    return this.#segments.indexOf(this.#segmentOf(producer));
  }

  #segmentOf(producer: ProducerNode): FlowSegment {
    const segment = this.#segments.find((each) => each.producer === producer);
    if (!segment) throw new TypeError(`'${producer.name}' has no buffers`);
    return segment;
  }

  #addDisplay(node: GraphNode): void {
    const attachment = this.#parts.displays.get(node);
    if (!attachment) throw new TypeError(`the sink '${node.name}' has no display attached`);
    const id = this.loop.addDisplay(attachment.config);
    this.#displayIds.set(node, id);
    this.#displayNodes[id] = node;
    const segment = this.#segmentOf(producerAbove(node));
    const queue = this.#segments.indexOf(segment);
    // The driver may have granted fewer buffers than there are.
    const framebuffers = attachment.framebuffers.slice(0, frameBuffers(segment));
    if (node.parent && isProducer(node.parent)) this.loop.connect(queue, id, framebuffers);
    else this.loop.allowPresent(queue, id, framebuffers);
  }

  #addRunner(node: GraphNode<TransformStage>): void {
    const forward: FrameConsumer = (lease, metadata) => this.#forward(node, lease, metadata);
    const transform = this.#parts.transforms.get(node);
    if (!transform) throw new TypeError(`the stage '${node.name}' is not open`);
    const runner = new StageRunner(node, transform, this.layoutOf(node), {
      forward,
      onError: (error) => this.#listener.onStageError(error),
      onIdle: () => this.#checkEnd(),
    });
    this.#runners.set(node, runner);
    if (!node.parent || !isProducer(node.parent)) return;
    const credit = { ...node.stage, drain: true };
    const tap = this.#addTap(node.parent, credit, (lease, metadata) => runner.push(lease, metadata));
    this.#tapOfRunner.set(node, tap);
  }

  #addTap(producer: ProducerNode, credit: Credit & { drain: boolean }, consumer: FrameConsumer): number {
    const tap = this.loop.addTap({
      capture: this.#queueOf(producer),
      max: credit.max,
      policy: credit.policy,
      drain: credit.drain,
      interval: credit.interval,
    });
    this.#tapConsumers[tap] = consumer;
    return tap;
  }

  #removeTap(tap: number): void {
    this.#tapConsumers[tap] = undefined;
    if (!this.#ended) this.loop.removeTap(tap);
  }

  /** Sends a frame that a stage has finished to what follows the stage, displays last: with the frame's last handle they get its reference. */
  #forward(node: GraphNode, lease: FrameLease, metadata: FrameMetadata): void {
    try {
      const observers = this.#observers.get(node);
      if (observers) for (const observer of observers) observer(lease.retain(), metadata);
      for (const child of node.children) this.#runners.get(child)?.offer(lease.retain(), metadata);
      for (const child of node.children) {
        const tap = this.#natives.tapOf(child);
        if (tap !== undefined) this.#leases.pass(lease, tap);
      }
      const displays = this.#displaysBehind(node);
      let left = displays.length;
      for (const display of displays) this.#leases.present(lease, display, --left === 0);
    } finally {
      lease.drop();
    }
  }

  #displaysBehind(node: GraphNode): readonly number[] {
    let displays = this.#displaysOfRunner.get(node);
    if (!displays) {
      displays = node.children.flatMap((child) => this.#displayIds.get(child) ?? []);
      this.#displaysOfRunner.set(node, displays);
    }
    return displays;
  }
}

function frameBuffers({ capture, buffers }: FlowSegment): number {
  if (!capture) return buffers.length;
  return (capture.copyInto ?? capture.buffers).length;
}
