/** One pipeline of GStreamer stages: `stage-run.ts SOURCE [TRANSFORM] SINK`; prints how it ended, as JSON. */
import { gstSink, gstSource, gstTransform, Pipeline } from '../../../src';

const [source = '', ...rest] = process.argv.slice(2);
const sink = rest.pop() ?? 'fakesink';
const [transform] = rest;

async function main(): Promise<void> {
  const size = { width: 640, height: 480 };
  await using pipeline = new Pipeline(
    gstSource(source, { ...size, sync: false, name: 'in' }),
    ...(transform === undefined ? [] : [gstTransform(transform, { max: 8, policy: 'every' })]),
    gstSink(sink, { name: 'out', max: 8 }),
  );
  try {
    const { stages, links, captured } = await pipeline.run();
    console.log(JSON.stringify({ stages, links, captured }));
  } catch (error) {
    const { name, message, element } = error as Error & { element?: string };
    console.log(JSON.stringify({ error: { name, message, element } }));
  }
}

void main();
