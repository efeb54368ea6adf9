import { cpuStage } from '../../../src/pipeline/cpu-stage';
import {
  buildGraph,
  type ChainElement,
  insertConverter,
  removeAutomatic,
  tee,
} from '../../../src/pipeline/graph';
import { segmentsOf } from '../../../src/pipeline/segments';
import type { ConverterStage, SinkStage, SourceStage } from '../../../src/pipeline/stage';

const open = () => {
  throw new Error('a graph opens nothing');
};
const source = (): SourceStage => ({ role: 'source', defaultName: 'camera', open });
const sink = (): SinkStage => ({ role: 'sink', defaultName: 'display', open });
const converter = (): ConverterStage => ({ role: 'converter', defaultName: 'convert', open });
const writer = () => cpuStage({ access: 'read-write' }, () => undefined);
const reader = () => cpuStage({ access: 'read' }, () => undefined);

const segments = (...chain: ChainElement[]) =>
  segmentsOf(buildGraph(chain)).map(
    ({ producer, consumers }) => `${producer.name}: ${consumers.map(({ name }) => name).join(' ')}`,
  );

describe('segmentsOf', () => {
  it('is one for a graph without a converter, tees and all', () => {
    expect(segments(source(), tee(sink(), [reader(), sink()]))).toEqual(['camera: display cpu display2']);
  });

  it('begins another one behind each converter', () => {
    expect(segments(source(), converter(), writer(), tee(sink(), [converter(), sink()]))).toEqual([
      'camera: convert',
      'convert: cpu display convert2',
      'convert2: display2',
    ]);
  });
});

describe('a converter in the graph', () => {
  it('lets a stage behind it write, whoever else sees the frames before it', () => {
    expect(() => buildGraph([source(), tee(sink(), [converter(), writer(), sink()])])).not.toThrow();
    expect(() => buildGraph([source(), converter(), tee(sink(), [writer(), sink()])])).toThrow(
      "'cpu' writes into frames that another branch of a tee also sees",
    );
  });

  it('is put in above a stage, and taken out again', () => {
    const graph = buildGraph([source(), tee(sink(), sink())]);
    const names = () => graph.nodes.map((node) => `${node.parent?.name ?? ''}>${node.name}`);
    const before = names();
    const second = graph.nodes[2];
    if (!second) throw new Error('no second display');
    insertConverter(graph, second, converter());
    expect(names()).toEqual(['>camera', 'camera>display', 'camera>convert', 'convert>display2']);
    expect(segmentsOf(graph).map(({ consumers }) => consumers.length)).toEqual([2, 1]);
    removeAutomatic(graph);
    expect(names()).toEqual(before);
  });
});
