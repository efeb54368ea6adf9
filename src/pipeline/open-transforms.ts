/** The stages that work on frames, ready for one run. */
import type { FrameLayout } from './frame-layout';
import { type Graph, type GraphNode, isTransform } from './graph';
import type { OpenTransform } from './stage';
import type { UndoStack } from './undo';

/** Opens every stage of the graph that works on frames. What was opened is closed by `undo`, here too where one cannot be. */
export async function openTransforms(
  graph: Graph,
  layoutOf: (node: GraphNode) => FrameLayout,
  onError: (error: Error) => void,
  undo: UndoStack,
): Promise<ReadonlyMap<GraphNode, OpenTransform>> {
  const transforms = new Map<GraphNode, OpenTransform>();
  for (const node of graph.nodes.filter(isTransform)) {
    const transform = await node.stage.open({ name: node.name, layout: layoutOf(node), onError });
    undo.push(() => transform.close());
    transforms.set(node, transform);
  }
  return transforms;
}
