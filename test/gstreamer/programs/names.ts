/** Elements and properties, right and wrong. Prints what came of each. */
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';

function tried(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function main(): Promise<void> {
  const parse = (description: string) => tried(() => GstPipeline.parse(description).name);
  await using pipeline = GstPipeline.parse(
    'videotestsrc name=src ! videorate name=rate ! capsfilter name=filter ! fakesink name=sink',
  );
  const src = pipeline.element('src', 'videotestsrc');
  const sink = pipeline.element('sink');
  const filter = pipeline.element('filter');
  const results = {
    parse: {
      element: parse('videotestsr ! fakesink'),
      package: parse('rtspclientsink'),
      property: parse('videotestsrc patern=snow ! fakesink'),
      value: parse('videotestsrc pattern=sno ! fakesink'),
      syntax: parse('videotestsrc !'),
      link: parse('audiotestsrc ! videoconvert ! fakesink'),
      alone: typeof GstPipeline.parse('fakesrc').name,
      quoted: parse('videotestsrc name="a b" ! fakesink') !== '',
    },
    element: {
      unknown: tried(() => pipeline.element('snk')),
      factory: tried(() => pipeline.element('sink', 'filesink')),
      all: pipeline.elements().map(({ name, factory }) => `${factory} ${name}`),
    },
    get: {
      enum: src.get('pattern'),
      number: src.get('num-buffers'),
      boolean: sink.get('sync'),
      caps: filter.get('caps'),
      unknown: tried(() => sink.get('synk')),
      list: sink.propertyNames().includes('max-lateness'),
    },
    set: {
      enum: tried(() => {
        src.set('pattern', 'snow');
        return src.get('pattern');
      }),
      several: tried(() => {
        src.set({ 'num-buffers': 7, 'do-timestamp': true });
        return [src.get('num-buffers'), src.get('do-timestamp')];
      }),
      caps: tried(() => {
        filter.set('caps', 'video/x-raw,width=320,height=240');
        return filter.get('caps');
      }),
      long: tried(() => {
        sink.set('ts-offset', -(2n ** 62n));
        return String(sink.get('ts-offset'));
      }),
      unknown: tried(() => sink.set('synk', true)),
      badEnum: tried(() => pipeline.element('src').set('pattern', 'sno')),
      badRange: tried(() => src.set('num-buffers', -2)),
      badType: tried(() => sink.set('sync', 1)),
      badCaps: tried(() => filter.set('caps', 'video/x-raw,width=(int')),
      readOnly: tried(() => sink.set('last-message', 'x')),
    },
    caps: { before: src.caps() ?? 'none', pad: tried(() => src.caps('sink')) },
  };
  await pipeline.pause();
  console.log(
    JSON.stringify({ ...results, negotiated: src.caps(), dot: pipeline.toDot().startsWith('digraph') }),
  );
}

main();
