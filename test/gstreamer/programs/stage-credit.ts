/** One frame at a time may be in GStreamer; prints how many went through, as JSON. */
import { gstSink, gstSource, Pipeline } from '../../../src';

async function main(): Promise<void> {
  const source = 'videotestsrc is-live=true num-buffers=40 ! video/x-raw,format=NV12,framerate=100/1';
  await using pipeline = new Pipeline(
    gstSource(source, { width: 64, height: 64, sync: false }),
    gstSink('fakesink enable-last-sample=false', { max: 1, whenKept: 'skip', name: 'out' }),
  );
  const { stages } = await pipeline.run();
  console.log(JSON.stringify({ through: stages.find(({ name }) => name === 'out')?.frames }));
}

void main();
