/**
 * A graph whose devices are open and whose links have agreed on format and memory. Nothing is allocated yet, so this is what `explain()`
 * shows before a start.
 */
import { NegotiationError } from '../errors';
import type { Kernel } from '../native/kernel';
import type { VideoFormat } from './caps';
import { type FormatWish, negotiateFormat, type PortOffer } from './format-negotiation';
import type { FrameLayout } from './frame-layout';
import {
  type Graph,
  type GraphNode,
  insertConverter,
  isConverter,
  isSink,
  isTransform,
  type ProducerNode,
  removeAutomatic,
} from './graph';
import { type LinkStats, linkStats } from './link-stats';
import { cpuRequirement, type MemoryPlan, type PortRequirement, planMemory } from './memory-plan';
import { producerAbove, producerOf, type Segment, segmentsOf } from './segments';
import type {
  ConverterStage,
  Credit,
  OpenConverter,
  OpenDevice,
  OpenDisplaySink,
  OpenSink,
  OpenSource,
  SourceChanges,
  StageContext,
  TransformStage,
} from './stage';

/** Stages that share buffers, with the format and the memory that they agreed on. */
export interface PreparedSegment extends Segment {
  layout: FrameLayout;
  plan: MemoryPlan;
}

export interface PreparedGraph {
  graph: Graph;
  source: OpenSource;
  sinks: ReadonlyMap<GraphNode, OpenSink>;
  converters: ReadonlyMap<GraphNode, OpenConverter>;
  /** The source's first, and each one after that which feeds it. */
  segments: readonly PreparedSegment[];
}

export interface PrepareOptions {
  kernel: Kernel;
  /** Subscribers of `frames()` so far: the node that frames leave, and what they may hold. */
  subscribers: readonly ({ name: string; node: GraphNode } & Credit)[];
  /** Of the source's segment. */
  buffers?: number | undefined;
  /** Makes the converter that is put where two ends have no format in common; undefined: that is an error. */
  autoConvert?: (() => ConverterStage) | undefined;
  changes?: SourceChanges | undefined;
}

/** Opens, negotiates, configures. Throws with every device closed again. */
export function prepareGraph(graph: Graph, options: PrepareOptions): PreparedGraph {
  const opened: OpenDevice[] = [];
  try {
    const { kernel, changes } = options;
    removeAutomatic(graph);
    const open = <T extends OpenDevice>(stage: { open(context: StageContext): T }, name: string): T => {
      const device = stage.open({ kernel, name, opened, changes });
      opened.push(device);
      return device;
    };
    const source = open(graph.source.stage, graph.source.name);
    const sinks = new Map<GraphNode, OpenSink>();
    const converters = new Map<GraphNode, OpenConverter>();
    for (const node of graph.nodes) {
      if (isSink(node)) sinks.set(node, open(node.stage, node.name));
      if (isConverter(node)) converters.set(node, open(node.stage, node.name));
    }
    const devices: Devices = { graph, source, sinks, converters };
    const segments: PreparedSegment[] = [];
    const layoutOf = (producer: ProducerNode) => segments.find((each) => each.producer === producer)?.layout;
    const segmentsLeft = () => segmentsOf(graph).slice(segments.length);
    for (let [segment] = segmentsLeft(); segment; [segment] = segmentsLeft()) {
      try {
        const layout = agree(segment, devices, layoutOf);
        segments.push({ ...segment, layout, plan: planFor(segment, devices, options) });
      } catch (error) {
        const blocking = segment.consumers.find(({ name }) => name === blockingStage(error));
        if (!blocking || !options.autoConvert || isConverter(blocking)) throw error;
        const stage = options.autoConvert();
        insertConverter(graph, blocking, stage);
        const node = blocking.parent as GraphNode<ConverterStage>;
        converters.set(node, open(stage, node.name));
      }
    }
    return { ...devices, segments };
  } catch (error) {
    for (const device of opened.reverse()) device.close();
    throw error;
  }
}

/** The links as they are built, before anything was counted, in the order of the graph; the device's own comes first. */
export function plannedLinks(
  { graph, source, converters, segments }: PreparedGraph,
  heapFallbacks: (segment: PreparedSegment) => number = () => 0,
): LinkStats[] {
  const copies = source.kind === 'capture' && source.captureSteps.every((step) => step === 'copy');
  const copied = copies
    ? { reason: 'no other way to capture than to copy is left to it', frames: 0, bytes: 0 }
    : undefined;
  return graph.nodes.map((node) => {
    const segment = segments.find(({ producer, consumers }) =>
      node.parent ? consumers.includes(node) : producer === node,
    );
    return linkStats({
      from: node.parent?.name ?? source.device,
      to: node.name,
      copied: node.parent ? converters.get(node)?.copied : copied,
      access: isTransform(node) ? node.stage.access : undefined,
      heapFallbacks: segment ? heapFallbacks(segment) : 0,
    });
  });
}

/** Closes every device. The running parts must have ended. */
export function closeDevices(prepared: PreparedGraph): void {
  for (const sink of prepared.sinks.values()) sink.close();
  for (const converter of prepared.converters.values()) converter.close();
  prepared.source.close();
}

/** The displays of a segment. */
export function displaysOf(
  segment: Segment,
  sinks: ReadonlyMap<GraphNode, OpenSink>,
): ReadonlyMap<GraphNode, OpenDisplaySink> {
  const displays = new Map<GraphNode, OpenDisplaySink>();
  for (const node of segment.consumers) {
    const sink = sinks.get(node);
    if (sink?.kind === 'display') displays.set(node, sink);
  }
  return displays;
}

type Devices = Omit<PreparedGraph, 'segments'>;

/** One format for all stages of a segment, and what its producer makes of it. */
function agree(
  segment: Segment,
  devices: Devices,
  layoutOf: (producer: ProducerNode) => FrameLayout | undefined,
): FrameLayout {
  const { producer, consumers } = segment;
  const offers = consumers.map((node) => offerOf(node, devices));
  const negotiate = (caps: PortOffer['caps'], wish: FormatWish): VideoFormat =>
    negotiateFormat({ name: producer.name, caps }, offers, wish);
  const converter = devices.converters.get(producer);
  if (!converter) return devices.source.configure(negotiate(devices.source.caps, devices.source.wish));
  const input = layoutOf(producerAbove(producer));
  if (!input) throw new TypeError(`'${producer.name}' stands before its frames' format is known`);
  const outputs = converter.outputs(input);
  const { strideAlignment } = planMemory(consumers.map((node) => needOf(node, devices))).requirement;
  return converter.configure(input, keepFormat() ?? negotiate(outputs, converter.wish), strideAlignment);

  /** The format of its input, where all take it: only what must be changed is. */
  function keepFormat(): VideoFormat | undefined {
    const same = outputs.filter(({ format }) => format === input?.format);
    try {
      return same.length > 0 && converter?.wish.format === undefined
        ? negotiate(same, converter?.wish ?? {})
        : undefined;
    } catch (error) {
      if (error instanceof NegotiationError) return undefined;
      throw error;
    }
  }
}

function offerOf(node: GraphNode, { sinks, converters }: Devices): PortOffer {
  const caps = isTransform(node)
    ? transformCaps(node.stage)
    : (sinks.get(node) ?? converters.get(node))?.caps;
  return { name: node.name, caps };
}

/** A stage on the CPU takes any size, and any arrangement of planes. */
function transformCaps(stage: TransformStage): PortOffer['caps'] {
  const any = { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1 };
  return stage.formats?.flatMap((format) => [
    { format, arrangement: 'one-buffer' as const, width: any, height: any },
    { format, arrangement: 'separate-buffers' as const, width: any, height: any },
  ]);
}

/** The stage that takes none of the formats it could have, where that is what the error says. */
function blockingStage(error: unknown): string | undefined {
  return error instanceof NegotiationError && error.field === 'format' ? error.stage : undefined;
}

function planFor(segment: Segment, devices: Devices, options: PrepareOptions): MemoryPlan {
  const { producer, consumers } = segment;
  const { source, converters } = devices;
  const filled = converters.get(producer)?.output ?? source.requirement;
  const subscribers = options.subscribers.filter(({ node }) => producerOf(node) === producer);
  return planMemory(
    [
      { name: producer.name, ...filled },
      ...consumers.map((node) => needOf(node, devices)),
      ...subscribers.map((each) => cpuRequirement(each.name, 'read', each)),
    ],
    converters.has(producer) ? undefined : options.buffers,
  );
}

function needOf(node: GraphNode, { sinks, converters }: Devices): PortRequirement {
  const device = sinks.get(node) ?? converters.get(node);
  if (device) return { name: node.name, ...device.requirement };
  if (isTransform(node)) return cpuRequirement(node.name, node.stage.access, node.stage);
  throw new TypeError(`'${node.name}' is not open`);
}
