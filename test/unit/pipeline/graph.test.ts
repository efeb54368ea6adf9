import { cpuStage } from '../../../src/pipeline/cpu-stage';
import { buildGraph, type ChainElement, tee } from '../../../src/pipeline/graph';
import type { SinkStage, SourceStage } from '../../../src/pipeline/stage';

const unopened = () => {
  throw new Error('a graph opens nothing');
};
const source = (name?: string): SourceStage => ({
  role: 'source',
  defaultName: 'camera',
  name,
  open: unopened,
});
const sink = (name?: string): SinkStage => ({ role: 'sink', defaultName: 'display', name, open: unopened });
const reader = () => cpuStage({ access: 'read' }, () => undefined);
const writer = () => cpuStage({ access: 'read-write' }, () => undefined);

const shape = (chain: ChainElement[]) =>
  buildGraph(chain).nodes.map((node) => `${node.parent?.name ?? ''}>${node.name}`);

describe('buildGraph', () => {
  it('links a chain in order', () => {
    expect(shape([source(), writer(), sink()])).toEqual(['>camera', 'camera>cpu', 'cpu>display']);
  });

  it('spreads a tee over its branches, tees within tees too', () => {
    expect(shape([source(), tee(sink(), [reader(), tee(reader(), sink())])])).toEqual([
      '>camera',
      'camera>display',
      'camera>cpu',
      'cpu>cpu2',
      'cpu>display2',
    ]);
  });

  it('numbers default names and refuses equal names', () => {
    expect(shape([source(), tee(sink(), sink(), sink('wall'))])).toEqual([
      '>camera',
      'camera>display',
      'camera>display2',
      'camera>wall',
    ]);
    expect(() => buildGraph([source(), tee(sink('a'), sink('a'))])).toThrow("two stages are named 'a'");
  });

  it.each<[string, ChainElement[], string]>([
    ['nothing', [], 'a source first'],
    ['no source', [sink()], "starts with a source such as v4l2Source(), got the sink 'display'"],
    ['a second source', [source(), source('other')], "source 'other' stands after another stage"],
    ['a stage after a sink', [source(), sink(), reader()], "nothing can follow the sink 'display'"],
    ['a tee in the middle', [source(), tee(reader(), reader()), sink()], 'tee() ends its chain'],
    ['something else', [source(), 5 as unknown as ChainElement], 'expected a stage, got number'],
  ])('refuses %s', (_name, chain, message) => {
    expect(() => buildGraph(chain)).toThrow(TypeError);
    expect(() => buildGraph(chain)).toThrow(message);
  });

  it('refuses a stage that stands twice', () => {
    const same = reader();
    expect(() => buildGraph([source(), tee(same, same)])).toThrow("'cpu' stands twice");
  });

  it('refuses a writer below a tee, takes one before it', () => {
    expect(() => buildGraph([source(), tee(sink(), writer())])).toThrow(/stage 'cpu' writes into frames/);
    expect(() => buildGraph([source(), tee(sink(), [reader(), writer()])])).toThrow(/put it before the tee/);
    expect(shape([source(), writer(), tee(sink(), reader())])).toHaveLength(4);
  });
});

describe('cpuStage', () => {
  it('names what it expects', () => {
    expect(() => cpuStage({ access: 'all' as 'read' }, () => undefined)).toThrow(
      /access must be one of read, write/,
    );
    expect(() => cpuStage({ access: 'read', max: 0 }, () => undefined)).toThrow(
      /max must be a whole number from 1 to 32/,
    );
    expect(() => cpuStage({ access: 'read' }, undefined as unknown as () => void)).toThrow(
      /expects a function/,
    );
  });
});
