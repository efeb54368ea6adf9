/** Exits while frames flow in both directions. */
import { gstSink, gstSource, Pipeline } from '../../../src';

async function main(): Promise<void> {
  const pipeline = new Pipeline(
    gstSource('videotestsrc ! video/x-raw,format=NV12', { sync: false }),
    gstSink('videoconvert ! fakesink'),
  );
  await pipeline.start();
  while (pipeline.stats().captured < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  process.exit(7);
}

void main();
