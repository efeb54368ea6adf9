/** Stages made, run, stopped in one of several ways and disposed, 200 times; prints fds and memory at intervals, as JSON. */
import { readdirSync } from 'node:fs';
import { gstSink, gstSource, gstTransform, Pipeline } from '../../../src';

const CYCLES = 200;
const MEASURE_EVERY = 50;
const SOURCE = 'videotestsrc ! video/x-raw,format=NV12';
const SIZE = { width: 160, height: 120 };

const ways: (() => [Pipeline, (pipeline: Pipeline) => Promise<unknown>])[] = [
  // To its end.
  () => [
    new Pipeline(gstSource(SOURCE, { ...SIZE, frames: 5, sync: false }), gstSink('fakesink')),
    (p) => p.run(),
  ],
  // While it runs, and while the source waits for a buffer.
  () => [
    new Pipeline(gstSource(SOURCE, { ...SIZE, sync: false }), gstSink('fakesink sync=true')),
    (p) => p.start(),
  ],
  // Behind a transform, and an element that keeps frames.
  () => [
    new Pipeline(
      gstSource(SOURCE, SIZE),
      gstTransform('videoflip video-direction=180'),
      gstSink('queue ! fakesink'),
    ),
    (p) => p.start(),
  ],
  // Never started.
  () => [new Pipeline(gstSource(SOURCE, SIZE), gstSink('fakesink')), async (p) => p.explain()],
  // An element fails.
  () => [
    new Pipeline(gstSource(SOURCE, SIZE), gstSink('identity error-after=2 ! fakesink')),
    (p) => p.run().catch(() => undefined),
  ],
];

async function main(): Promise<void> {
  const fds: number[] = [];
  const rss: number[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const [made, way] = (ways[cycle % ways.length] as (typeof ways)[number])();
    {
      await using pipeline = made;
      await way(pipeline);
    }
    if (cycle % MEASURE_EVERY !== 0) continue;
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    fds.push(readdirSync('/proc/self/fd').length);
    rss.push(process.memoryUsage().rss);
  }
  console.log(JSON.stringify({ fds, rss }));
}

void main();
