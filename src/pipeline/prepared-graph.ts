/**
 * A graph whose devices are open and whose links have agreed on format and memory. Nothing is allocated yet, so this is what `explain()`
 * shows before a start.
 */
import type { Kernel } from '../native/kernel';
import { negotiateFormat, type PortOffer } from './format-negotiation';
import type { FrameLayout } from './frame-layout';
import { type Graph, type GraphNode, isSink, isTransform } from './graph';
import { type LinkStats, linkStats } from './link-stats';
import { cpuRequirement, type MemoryPlan, planMemory } from './memory-plan';
import type { Credit, OpenDevice, OpenSink, OpenSource, TransformStage } from './stage';

export interface PreparedGraph {
  graph: Graph;
  source: OpenSource;
  sinks: ReadonlyMap<GraphNode, OpenSink>;
  layout: FrameLayout;
  plan: MemoryPlan;
}

export interface PrepareOptions {
  kernel: Kernel;
  /** Subscribers of `frames()` so far, by stage. */
  subscribers: readonly ({ name: string } & Credit)[];
  buffers?: number | undefined;
}

/** Opens, negotiates, configures. Throws with every device closed again. */
export function prepareGraph(graph: Graph, options: PrepareOptions): PreparedGraph {
  const opened: OpenDevice[] = [];
  try {
    const source = graph.source.stage.open({ kernel: options.kernel, name: graph.source.name, opened });
    opened.push(source);
    const sinks = new Map<GraphNode, OpenSink>();
    for (const node of graph.nodes) {
      if (!isSink(node)) continue;
      const sink = node.stage.open({ kernel: options.kernel, name: node.name, opened });
      opened.push(sink);
      sinks.set(node, sink);
    }
    const format = negotiateFormat(
      { name: graph.source.name, caps: source.caps },
      consumerOffers(graph, sinks),
      source.wish,
    );
    const layout = source.configure(format);
    return { graph, source, sinks, layout, plan: planFor(graph, source, sinks, options) };
  } catch (error) {
    for (const device of opened.reverse()) device.close();
    throw error;
  }
}

/** The links as they are built, before anything was counted; the device's own comes first. */
export function plannedLinks({ graph, source }: PreparedGraph): LinkStats[] {
  const copied = source.captureSteps.every((step) => step === 'copy')
    ? { reason: 'no other way to capture than to copy is left to it', frames: 0, bytes: 0 }
    : undefined;
  return graph.nodes.map((node) =>
    linkStats({
      from: node.parent?.name ?? source.device,
      to: node.name,
      copied: node.parent ? undefined : copied,
      access: isTransform(node) ? node.stage.access : undefined,
    }),
  );
}

/** Closes every device. The running parts must have ended. */
export function closeDevices(prepared: PreparedGraph): void {
  for (const sink of prepared.sinks.values()) sink.close();
  prepared.source.close();
}

function consumerOffers(graph: Graph, sinks: ReadonlyMap<GraphNode, OpenSink>): PortOffer[] {
  return graph.nodes
    .filter((node) => node.stage.role !== 'source')
    .map((node) => ({
      name: node.name,
      caps: isTransform(node) ? transformCaps(node.stage) : sinks.get(node)?.caps,
    }));
}

/** A stage on the CPU takes any size, and any arrangement of planes. */
function transformCaps(stage: TransformStage): PortOffer['caps'] {
  const any = { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1 };
  return stage.formats?.flatMap((format) => [
    { format, arrangement: 'one-buffer' as const, width: any, height: any },
    { format, arrangement: 'separate-buffers' as const, width: any, height: any },
  ]);
}

function planFor(
  graph: Graph,
  source: OpenSource,
  sinks: ReadonlyMap<GraphNode, OpenSink>,
  options: PrepareOptions,
): MemoryPlan {
  const transforms = graph.nodes.filter(isTransform);
  return planMemory(
    [
      { name: graph.source.name, ...source.requirement },
      ...transforms.map((node) => cpuRequirement(node.name, node.stage.access, node.stage)),
      ...[...sinks].map(([node, sink]) => ({ name: node.name, ...sink.requirement })),
      ...options.subscribers.map((s) => cpuRequirement(s.name, 'read', s)),
    ],
    options.buffers,
  );
}
