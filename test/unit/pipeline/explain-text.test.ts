import { copiesText, countersText, listed, treeLines } from '../../../src/pipeline/explain-text';
import type { GraphNode } from '../../../src/pipeline/graph';
import { linkStats } from '../../../src/pipeline/link-stats';

function node(name: string, ...children: GraphNode[]): GraphNode {
  return { name, stage: { role: 'sink' }, parent: undefined, children } as unknown as GraphNode;
}

it('draws the graph as a tree', () => {
  const root = node('camera', node('cpu', node('display'), node('wall')), node('file', node('last')));
  expect(treeLines(root, ({ name }) => name)).toEqual([
    'camera',
    '├─ cpu',
    '│  ├─ display',
    '│  └─ wall',
    '└─ file',
    '   └─ last',
  ]);
});

it('says what happened on a link, and only that', () => {
  expect(countersText(linkStats({ from: 'a', to: 'b', frames: 60 }))).toBe('60 frames; no CPU touched them');
  const use = { accesses: 11, writes: 0, bytes: 11 * 2 ** 20, syncCalls: 22, syncTime: 1240 };
  expect(
    countersText(linkStats({ from: 'a', to: 'b', frames: 11, dropped: 1, notDue: 48, use, fenceWaits: 2 })),
  ).toBe(
    '11 frames, 1 dropped, 48 passed over; 11.0 MiB open to a CPU; 22 sync calls, 1.2 ms in them; 2 waits for a fence',
  );
});

it('names the links that copy', () => {
  const copied = { reason: 'the driver takes no dma-bufs', frames: 3, bytes: 2 ** 20 };
  const copying = linkStats({ from: 'device', to: 'camera', frames: 3, copied });
  expect(copiesText([linkStats({ from: 'a', to: 'b' })])).toEqual([
    'none: no CPU copies a byte of a frame on its way',
  ]);
  expect(copiesText([copying])).toEqual(['device -> camera: the driver takes no dma-bufs']);
  expect(countersText(copying)).toBe('3 frames; 1.0 MiB open to a CPU; 3 copied');
});

it('lists names', () => {
  expect([['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['a', 'a and b', 'a, b and c']);
});
