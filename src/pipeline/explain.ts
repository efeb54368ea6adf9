/** The graph in words: what each link agreed on, and why. Pure text over the prepared and the running parts. */
import { type GraphNode, isProducer } from './graph';
import type { PreparedGraph, PreparedSegment } from './prepared-graph';

/** Where the memory comes from, or will come from. */
export interface MemorySource {
  heap: string;
  reason: string;
  /** Heaps that were tried first and could not give it. */
  fallbacks: readonly string[];
  allocated: boolean;
  /** How the camera gets at the buffers, and why so; undefined before the start. */
  capture?: string;
  /** What the devices were asked, and what they answered. */
  trials?: readonly string[];
}

export function explain(
  prepared: PreparedGraph,
  memoryOf: (segment: PreparedSegment) => MemorySource,
): string {
  const { graph, segments } = prepared;
  const several = segments.length > 1;
  const rows: [string, string][] = [
    ['graph', graph.nodes.map((node) => describeStage(node, prepared)).join(', ')],
    ...segments.flatMap((segment, index): [string, string][] => [
      ...(several ? [segmentTitle(segment, index)] : []),
      ...explainSegment(segment, memoryOf(segment)),
      ...segment.consumers.map((node, position): [string, string] => [
        position === 0 ? 'links' : '',
        describeLink(node, prepared),
      ]),
    ]),
  ];
  return rows.map(([label, text]) => `${label.padEnd(9)}${text}`).join('\n');
}

function segmentTitle({ producer }: PreparedSegment, index: number): [string, string] {
  return [`-- ${index + 1}`, `frames of ${producer.name}, in buffers of their own`];
}

/** The rows of stages that share buffers. */
function explainSegment({ layout, plan }: PreparedSegment, memory: MemorySource): [string, string][] {
  const bytes = layout.memoryPlanes.reduce((total, length) => total + length, 0);
  const planes = layout.memoryPlanes.length > 1 ? ` in ${layout.memoryPlanes.length} dma-bufs` : '';
  const strides = layout.planes.map((plane) => plane.stride).join(' and ');
  return [
    [
      'format',
      `${layout.format} ${layout.width}x${layout.height}` +
        `${layout.fps === undefined ? '' : `, ${round(layout.fps)} fps`}, stride ${strides || 'none'}`,
    ],
    [
      'buffers',
      `${plan.count} of ${mebibytes(bytes)}${planes} = ${mebibytes(bytes * plan.count)} (${plan.countReason})`,
    ],
    ['heap', `${memory.heap}${memory.allocated ? '' : ' (not allocated yet)'}: ${memory.reason}`],
    ...memory.fallbacks.map((text): [string, string] => ['', `not from ${text}`]),
    ...(memory.trials ?? []).map((text): [string, string] => ['asked', text]),
    ...(memory.capture ? [['capture', memory.capture] satisfies [string, string]] : []),
    ...plan.ports.map((port, index): [string, string] => [
      index === 0 ? 'needs' : '',
      `${port.name}: ${port.memory.contiguous ? 'contiguous, ' : ''}${port.use}`,
    ]),
  ];
}

function describeStage(node: GraphNode, prepared: PreparedGraph): string {
  const device =
    prepared.sinks.get(node) ??
    prepared.converters.get(node) ??
    (node.stage.role === 'source' ? prepared.source : undefined);
  if (device && node.automatic) return `${node.name} = ${device.device}, inserted by autoConvert`;
  return device ? `${node.name} = ${device.device}` : `${node.name} = a function on the CPU`;
}

function describeLink(node: GraphNode, prepared: PreparedGraph): string {
  const link = `${node.parent?.name} -> ${node.name}: `;
  if (node.stage.role === 'transform') {
    const { access, place = 'in JavaScript' } = node.stage;
    return `${link}the same buffers, ${place}; CPU access ${access}, synced only where the function opens it`;
  }
  const converter = prepared.converters.get(node);
  if (converter) return `${link}${converter.describe()}`;
  const sink = prepared.sinks.get(node);
  const placement = sink?.kind === 'display' ? sink.placement : undefined;
  const way =
    node.parent && isProducer(node.parent)
      ? 'the same buffers, in the frame loop without JavaScript; no copy, no CPU access'
      : 'the same buffers; no copy';
  return `${link}${way}${placement ? `; on ${placement}` : ''}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
