/**
 * The flow of frames while a pipeline runs: connects the frame loop with the stages. Camera to display goes inside the loop;
 * a tap brings frames to each JavaScript stage and subscriber, and natively to each converter and each sink outside the loop.
 */
import type { FrameBuffer } from '../allocators/buffer-pool';
import type { CaptureConfig, FrameLoop, FrameLoopListener, LoopError, TapFrame } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import { distinct, FrameLease, type FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import { type Graph, type GraphNode, isProducer, isTransform, type ProducerNode } from './graph';
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

/** Takes a frame: the handle it wants to keep, it retains. */
export type FrameConsumer = (lease: FrameLease, metadata: FrameMetadata) => void;

/** A reference that JavaScript holds in the frame loop. */
interface LoopReference {
  tap: number;
  capture: number;
  index: number;
}

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
  readonly #tapConsumers = new Map<number, FrameConsumer>();
  /** Subscribers of frames that come out of a stage. */
  readonly #observers = new Map<GraphNode, Set<FrameConsumer>>();
  readonly #references = new Map<FrameLease, LoopReference>();
  #sourceEnded = false;
  #endReported = false;
  #ended = false;

  constructor(parts: FlowParts, listener: FlowListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.loop = parts.kernel.createFrameLoop(this);
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

  onFrame(frame: TapFrame): void {
    if (this.#ended) return;
    const consumer = this.#tapConsumers.get(frame.tap);
    const buffer = this.#segments[frame.capture]?.buffers[frame.index];
    if (!consumer || !buffer) {
      this.loop.release(frame.tap, frame.capture, frame.index);
      return;
    }
    const lease = new FrameLease(buffer.planes, () => this.#release(lease));
    this.#references.set(lease, { tap: frame.tap, capture: frame.capture, index: frame.index });
    lease.retain();
    try {
      consumer(lease, frame);
    } finally {
      lease.drop();
    }
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
    for (const lease of this.#references.keys()) lease.outlivePool();
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
    const working = [...this.#runners.values()].some((runner) => runner.busy);
    if (!this.#sourceEnded || working || this.#endReported) return;
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
    this.#tapConsumers.set(tap, consumer);
    return tap;
  }

  #removeTap(tap: number): void {
    this.#tapConsumers.delete(tap);
    if (!this.#ended) this.loop.removeTap(tap);
  }

  /** Sends a frame that a stage has finished to what follows the stage. */
  #forward(node: GraphNode, lease: FrameLease, metadata: FrameMetadata): void {
    for (const observer of this.#observers.get(node) ?? []) observer(lease, metadata);
    for (const child of node.children) this.#runners.get(child)?.offer(lease, metadata);
    for (const child of node.children) {
      const display = this.#displayIds.get(child);
      if (display !== undefined) this.#present(lease, display);
      const tap = this.#natives.tapOf(child);
      const reference = this.#references.get(lease);
      if (tap === undefined || !reference || this.#ended) continue;
      this.loop.pass(reference.tap, reference.capture, reference.index, tap);
    }
  }

  #present(lease: FrameLease, display: number): void {
    const reference = this.#references.get(lease);
    if (!reference || this.#ended) return;
    this.loop.present(reference.tap, reference.capture, reference.index, display, true);
  }

  #release(lease: FrameLease): void {
    const reference = this.#references.get(lease);
    this.#references.delete(lease);
    if (!reference || this.#ended) return;
    const { tap, capture, index } = reference;
    if (!lease.fenced) {
      this.loop.release(tap, capture, index);
      return;
    }
    // One sync_file for all that are on a dma-buf by now, those of displays too.
    const fences = distinct(lease.memory).map((buffer) => buffer.exportFence('write'));
    this.loop.release(
      tap,
      capture,
      index,
      fences.map(({ fd }) => fd),
    );
    for (const fence of fences) fence.close();
  }
}

function frameBuffers({ capture, buffers }: FlowSegment): number {
  if (!capture) return buffers.length;
  return (capture.copyInto ?? capture.buffers).length;
}
