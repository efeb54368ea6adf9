/** Many pipelines, each made, run, stopped and disposed in one of several ways; prints what the process holds meanwhile. */
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';

const CYCLES = 200;
const MEASURE_EVERY = 50;
const DESCRIPTION =
  'videotestsrc ! video/x-raw,format=NV12,width=640,height=480 ! queue max-size-buffers=2 ! fakesink name=sink';

const ways: ((pipeline: GstPipeline) => Promise<void>)[] = [
  async (pipeline) => {
    await pipeline.play();
    await pipeline.stop();
  },
  async (pipeline) => {
    await pipeline.play();
  },
  async (pipeline) => {
    pipeline.messages$.subscribe();
    await pipeline.pause();
    pipeline.element('sink', 'fakesink').set('sync', true);
  },
  async (pipeline) => {
    // Overtaken before it has its first buffer.
    pipeline.play().catch(() => undefined);
  },
  async () => {},
];

async function main(): Promise<void> {
  const fds: number[] = [];
  const rss: number[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    {
      await using pipeline = GstPipeline.parse(DESCRIPTION);
      await ways[cycle % ways.length]?.(pipeline);
    }
    if (cycle % MEASURE_EVERY === 0) {
      fds.push(readdirSync('/proc/self/fd').length);
      // Wrappers of node-gtk go with the garbage, and what they refer to with GLib's context: little, after a dispose.
      for (let turn = 0; turn < 4; turn++) {
        gc?.();
        await setImmediate();
      }
      rss.push(process.memoryUsage.rss());
    }
  }
  console.log(JSON.stringify({ fds, rss }));
}

main();
