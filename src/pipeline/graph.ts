/**
 * The graph: a chain of stages, with tees, as a tree with one source at its root. Pure: checks shape and names.
 */
import type { ConverterStage, SinkStage, SourceStage, Stage, TransformStage } from './stage';

/** Sends every frame down each branch. A frame is shared, never copied: only its reference count grows. */
export class Tee {
  readonly branches: readonly (readonly ChainElement[])[];

  constructor(branches: readonly (readonly ChainElement[])[]) {
    this.branches = branches;
  }
}

export type ChainElement = Stage | Tee;

/** `tee(kmsSink(), [cpuStage(…), kmsSink({ card: … })])`: each argument is a branch, a stage or a list of stages. */
export function tee(...branches: (ChainElement | readonly ChainElement[])[]): Tee {
  if (branches.length === 0) throw new TypeError('tee() expects at least one branch, got none');
  return new Tee(branches.map((branch) => (Array.isArray(branch) ? branch : [branch])));
}

export interface GraphNode<S extends Stage = Stage> {
  name: string;
  stage: S;
  parent: GraphNode | undefined;
  children: GraphNode[];
  /** Inserted by negotiation (`autoConvert`), not by the user. */
  automatic?: boolean;
}

/** A stage that makes frames: its buffers are its own. */
export type ProducerNode = GraphNode<SourceStage | ConverterStage>;

export interface Graph {
  source: GraphNode<SourceStage>;
  /** All nodes, the source first, parents before children. */
  nodes: GraphNode[];
}

/** Builds the tree. Throws TypeError for a chain that cannot work, naming the stage. */
export function buildGraph(chain: readonly ChainElement[]): Graph {
  const [first, ...rest] = chain;
  if (!first) throw new TypeError('a pipeline needs stages: a source first, such as v4l2Source()');
  if (!isStage(first) || first.role !== 'source') {
    throw new TypeError(`a pipeline starts with a source such as v4l2Source(), got ${describe(first)}`);
  }
  const nodes: GraphNode[] = [];
  const source = addNode(nodes, first, undefined) as GraphNode<SourceStage>;
  addChain(nodes, rest, source);
  checkSharedWrites(nodes);
  return { source, nodes };
}

function addChain(nodes: GraphNode[], chain: readonly ChainElement[], start: GraphNode): void {
  let parent = start;
  chain.forEach((element, position) => {
    if (element instanceof Tee) {
      if (position !== chain.length - 1) {
        throw new TypeError('tee() ends its chain: put the stages that follow it into its branches');
      }
      for (const branch of element.branches) addChain(nodes, branch, parent);
      return;
    }
    if (!isStage(element)) throw new TypeError(`expected a stage, got ${describe(element)}`);
    if (element.role === 'source') {
      throw new TypeError(
        `source '${element.name ?? element.defaultName}' stands after another stage: a source comes first`,
      );
    }
    if (parent.stage.role === 'sink') {
      throw new TypeError(
        `nothing can follow the sink '${parent.name}': use tee() to send frames to several sinks`,
      );
    }
    parent = addNode(nodes, element, parent);
  });
}

function addNode(nodes: GraphNode[], stage: Stage, parent: GraphNode | undefined): GraphNode {
  if (nodes.some((node) => node.stage === stage)) {
    throw new TypeError(
      `the stage '${stage.name ?? stage.defaultName}' stands twice in the graph: make a second one`,
    );
  }
  const node: GraphNode = { name: uniqueName(nodes, stage), stage, parent, children: [] };
  parent?.children.push(node);
  nodes.push(node);
  return node;
}

function uniqueName(nodes: readonly GraphNode[], stage: Stage): string {
  const taken = (name: string) => nodes.some((node) => node.name === name);
  if (stage.name !== undefined) {
    if (taken(stage.name)) throw new TypeError(`two stages are named '${stage.name}': names must differ`);
    return stage.name;
  }
  let name = stage.defaultName;
  for (let n = 2; taken(name); n++) name = `${stage.defaultName}${n}`;
  return name;
}

/** A stage that writes in place below a tee would change the picture under the other branch's eyes. */
function checkSharedWrites(nodes: readonly GraphNode[]): void {
  for (const node of nodes) {
    const writer = node.stage.role === 'transform' && node.stage.access !== 'read';
    if (!writer) continue;
    for (let below = node; below.parent; below = below.parent) {
      if (isConverter(below)) break;
      if (below.parent.children.length > 1) {
        throw new TypeError(
          `stage '${node.name}' writes into frames that another branch of a tee also sees: ` +
            "put it before the tee, or give it access: 'read'",
        );
      }
    }
  }
}

function isStage(value: unknown): value is Stage {
  const role = (value as Partial<Stage> | null | undefined)?.role;
  return role === 'source' || role === 'transform' || role === 'converter' || role === 'sink';
}

export function isSink(node: GraphNode): node is GraphNode<SinkStage> {
  return node.stage.role === 'sink';
}

export function isTransform(node: GraphNode): node is GraphNode<TransformStage> {
  return node.stage.role === 'transform';
}

export function isConverter(node: GraphNode): node is GraphNode<ConverterStage> {
  return node.stage.role === 'converter';
}

export function isProducer(node: GraphNode): node is ProducerNode {
  return node.stage.role === 'source' || node.stage.role === 'converter';
}

/** Puts a converter between a node and its parent. */
export function insertConverter(graph: Graph, above: GraphNode, stage: ConverterStage): void {
  const { parent } = above;
  if (!parent) throw new TypeError(`nothing comes before the source '${above.name}'`);
  const name = uniqueName(graph.nodes, stage);
  const node: GraphNode = { name, stage, parent, children: [above], automatic: true };
  parent.children[parent.children.indexOf(above)] = node;
  above.parent = node;
  graph.nodes.splice(graph.nodes.indexOf(above), 0, node);
}

/** Takes out what {@link insertConverter} put in. */
export function removeAutomatic(graph: Graph): void {
  for (const node of graph.nodes.filter(({ automatic }) => automatic)) {
    const [child] = node.children;
    const { parent } = node;
    if (!child || !parent) continue;
    parent.children[parent.children.indexOf(node)] = child;
    child.parent = parent;
    graph.nodes.splice(graph.nodes.indexOf(node), 1);
  }
}

function describe(value: unknown): string {
  if (value instanceof Tee) return 'tee()';
  if (isStage(value)) return `the ${value.role} '${value.name ?? value.defaultName}'`;
  return value === null ? 'null' : typeof value;
}
