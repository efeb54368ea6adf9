/** Stops while streaming threads wait: for a buffer of the graph, in a full queue, and for a clock. Prints the times, as JSON. */
import { gstSink, gstSource, Pipeline } from '../../../src';

const SOURCE = 'videotestsrc ! video/x-raw,format=NV12';

/** The sink of each plays nothing, so that all before it waits. */
const sinks = [
  'queue max-size-buffers=1 ! fakesink sync=true ts-offset=3600000000000',
  'fakesink sync=true ts-offset=3600000000000',
];

async function main(): Promise<void> {
  const milliseconds: number[] = [];
  for (const sink of sinks) {
    await using pipeline = new Pipeline(
      gstSource(SOURCE, { width: 320, height: 240, sync: false }),
      gstSink(sink, { whenKept: 'skip' }),
    );
    await pipeline.start();
    while (pipeline.stats().captured < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = performance.now();
    await pipeline.stop();
    milliseconds.push(performance.now() - before);
  }
  console.log(JSON.stringify({ milliseconds }));
}

void main();
