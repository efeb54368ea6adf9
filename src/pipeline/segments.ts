/**
 * A graph in segments: parts whose stages share the same buffers. The source begins the first one; a converter ends the one
 * that it takes frames from and begins another. A tee ends nothing. Pure.
 */
import { type Graph, type GraphNode, isProducer, type ProducerNode } from './graph';

export interface Segment {
  /** Whose frames these are. */
  producer: ProducerNode;
  /** All that use them: stages that work in place, sinks, and converters that take them. Parents before children. */
  consumers: readonly GraphNode[];
}

/** The segment of the source first, and each one after that which feeds it. */
export function segmentsOf(graph: Graph): Segment[] {
  return graph.nodes.filter(isProducer).map((producer) => ({ producer, consumers: consumersOf(producer) }));
}

/** The stage whose buffers a node's frames come in. */
export function producerAbove(node: GraphNode): ProducerNode {
  for (let above = node.parent; above; above = above.parent) if (isProducer(above)) return above;
  throw new TypeError(`no stage makes frames for '${node.name}'`);
}

/** The stage in whose buffers frames leave a node: itself, or the one before stages that work in place. */
export function producerOf(node: GraphNode): ProducerNode {
  return isProducer(node) ? node : producerAbove(node);
}

function consumersOf(node: GraphNode): GraphNode[] {
  return node.children.flatMap((child) => [child, ...(isProducer(child) ? [] : consumersOf(child))]);
}
