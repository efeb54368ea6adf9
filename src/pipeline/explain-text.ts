/** Pieces of `explain()`: the graph as a tree, a link's counters in words. Pure. */
import type { GraphNode } from './graph';
import type { LinkStats } from './link-stats';

/** A line for each stage below `root`, itself first; branches are drawn. */
export function treeLines(root: GraphNode, label: (node: GraphNode) => string): string[] {
  return [label(root), ...branches(root, label)];
}

function branches(node: GraphNode, label: (node: GraphNode) => string): string[] {
  return node.children.flatMap((child, index) => {
    const last = index === node.children.length - 1;
    const [own = '', ...below] = treeLines(child, label);
    return [`${last ? '└─' : '├─'} ${own}`, ...below.map((line) => `${last ? '  ' : '│ '} ${line}`)];
  });
}

/** `60 frames, 1 dropped; no CPU touched them`. */
export function countersText(link: LinkStats): string {
  const { frames, dropped, notDue, cpuBytes, copies, syncCalls, syncTime, fenceWaits } = link;
  const flow = [
    `${frames} frames`,
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(notDue > 0 ? [`${notDue} passed over`] : []),
  ];
  const work = [
    cpuBytes > 0 ? `${mebibytes(cpuBytes)} open to a CPU` : 'no CPU touched them',
    ...(copies > 0 ? [`${copies} copied`] : []),
    ...(syncCalls > 0 ? [`${syncCalls} sync calls, ${(syncTime / 1000).toFixed(1)} ms in them`] : []),
    ...(fenceWaits > 0 ? [`${fenceWaits} waits for a fence`] : []),
  ];
  return `${flow.join(', ')}; ${work.join('; ')}`;
}

/** What the links say of copies: that there are none, or where and why. */
export function copiesText(links: readonly LinkStats[]): string[] {
  const copying = links.filter(({ copyReason }) => copyReason !== undefined);
  if (copying.length === 0) return ['none: no CPU copies a byte of a frame on its way'];
  return copying.map(({ from, to, copyReason }) => `${from} -> ${to}: ${copyReason}`);
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** `camera`, `camera and display`, `camera, display and file`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
