/** The graph in words: what each link agreed on, and why. Pure text over the prepared and the running parts. */
import { copiesText, countersText, listed, mebibytes, treeLines } from './explain-text';
import { type GraphNode, isProducer, isTransform } from './graph';
import type { LinkStats } from './link-stats';
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

/**
 * @param memoryOf where a segment's buffers come from.
 * @param links as they are built, or with what was counted so far.
 * @param running whether something was counted.
 */
export function explain(
  prepared: PreparedGraph,
  memoryOf: (segment: PreparedSegment) => MemorySource,
  links: readonly LinkStats[],
  running: boolean,
): string {
  const { graph, segments } = prepared;
  const several = segments.length > 1;
  const counted = (node: GraphNode): string[] => {
    const link = running ? links.find(({ to }) => to === node.name) : undefined;
    return link ? [`  so far ${countersText(link)}`] : [];
  };
  return [
    ...rows(
      'graph',
      treeLines(graph.source, (node) => describeStage(node, prepared)),
    ),
    ...segments.flatMap((segment, index) => [
      ...(several ? ['', ...segmentTitle(segment, index)] : []),
      ...explainSegment(
        segment,
        memoryOf(segment),
        segment.producer === graph.source ? counted(graph.source) : [],
      ),
      ...rows(
        'links',
        segment.consumers.flatMap((node) => [describeLink(node, prepared), ...counted(node)]),
      ),
    ]),
    ...(several ? [''] : []),
    ...rows('copies', copiesText(links)),
  ].join('\n');
}

/** Lines under one label. */
function rows(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(9)}${line}`);
}

function segmentTitle({ producer }: PreparedSegment, index: number): string[] {
  return rows(`-- ${index + 1}`, [`frames of ${producer.name}, in buffers of their own`]);
}

/** The rows of stages that share buffers. `captured`: what a source has counted. */
function explainSegment(
  { layout, plan, producer, consumers }: PreparedSegment,
  memory: MemorySource,
  captured: readonly string[],
): string[] {
  const bytes = layout.memoryPlanes.reduce((total, length) => total + length, 0);
  const planes = layout.memoryPlanes.length > 1 ? ` in ${layout.memoryPlanes.length} dma-bufs` : '';
  const strides = layout.planes.map((plane) => plane.stride).join(' and ');
  const rate = layout.fps === undefined ? '' : `, ${round(layout.fps)} fps`;
  const format = `${layout.format} ${layout.width}x${layout.height}${rate}, stride ${strides || 'none'}`;
  const size = `${plan.count} of ${mebibytes(bytes)}${planes} = ${mebibytes(bytes * plan.count)}`;
  const users = listed([producer.name, ...consumers.map(({ name }) => name)]);
  return [
    ...rows('format', [format]),
    ...rows('buffers', [`${size} (${plan.countReason})`, `the same for ${users}`]),
    ...rows('heap', [
      `${memory.heap}${memory.allocated ? '' : ' (not allocated yet)'}: ${memory.reason}`,
      ...memory.fallbacks.map((text) => `not from ${text}`),
    ]),
    ...(memory.trials ?? []).flatMap((text) => rows('asked', [text])),
    ...(memory.capture ? rows('capture', [memory.capture, ...captured]) : []),
    ...rows(
      'needs',
      plan.ports.map((port) => `${port.name}: ${port.memory.contiguous ? 'contiguous, ' : ''}${port.use}`),
    ),
  ];
}

function describeStage(node: GraphNode, prepared: PreparedGraph): string {
  const device =
    prepared.sinks.get(node) ??
    prepared.converters.get(node) ??
    (node.stage.role === 'source' ? prepared.source : undefined);
  if (device && node.automatic) return `${node.name} = ${device.device}, inserted by autoConvert`;
  if (device) return `${node.name} = ${device.device}`;
  const { device: what = 'a function on the CPU', interval = 0 } = isTransform(node) ? node.stage : {};
  return `${node.name} = ${what}${interval > 0 ? `, ${round(1e6 / interval)} frames a second` : ''}`;
}

function describeLink(node: GraphNode, prepared: PreparedGraph): string {
  const link = `${node.parent?.name} -> ${node.name}: `;
  if (node.stage.role === 'transform') {
    const { access, place = 'in JavaScript', interval } = node.stage;
    const rate = interval > 0 ? '; the frames between pass by untouched' : '';
    return `${link}the same buffers, ${place}; CPU access ${access}, synced only where the function opens it${rate}`;
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

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
