/** 100,000 small frames through a pool of fixed size; prints fds and memory at intervals, as JSON. */
import { readdirSync } from 'node:fs';
import { gstSink, gstSource, Pipeline } from '../../../src';

const FRAMES = 100_000;

async function main(): Promise<void> {
  const fds: number[] = [];
  const rss: number[] = [];
  const source = 'videotestsrc pattern=black ! video/x-raw,format=GRAY8';
  await using pipeline = new Pipeline(
    { statsInterval: 100 },
    gstSource(source, { width: 64, height: 64, frames: FRAMES, sync: false }),
    gstSink('fakesink'),
  );
  // The first come while it begins, the last when it has stopped.
  pipeline.stats$.subscribe(() => {
    globalThis.gc?.();
    fds.push(readdirSync('/proc/self/fd').length);
    rss.push(process.memoryUsage().rss);
  });
  const { captured, links, buffers } = await pipeline.run();
  console.log(JSON.stringify({ captured, copies: links[0]?.copies, buffers, fds: fds.slice(1, -1), rss }));
}

void main();
