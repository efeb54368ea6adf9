/** How a process with GStreamer ends, and what it does while nothing happens. Prints `ready` when a signal may come. */
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';

const LIVE = 'videotestsrc is-live=true ! fakesink';

const scenarios: Record<string, () => Promise<void>> = {
  /** Nothing plays: the end of the program is that of the process. */
  async parsed() {
    GstPipeline.parse(LIVE);
  },

  async stopped() {
    const pipeline = GstPipeline.parse(LIVE);
    await pipeline.play();
    await pipeline.stop();
  },

  /** Garbage: given back, and reported. */
  async forgotten() {
    const fds = () => readdirSync('/proc/self/fd').length;
    // What GStreamer itself opens.
    await GstPipeline.parse(LIVE)[Symbol.asyncDispose]();
    const before = fds();
    (() => GstPipeline.parse(LIVE))();
    const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
    for (let turn = 0; turn < 20; turn++) {
      gc?.();
      await setTimeout(10);
    }
    console.log(JSON.stringify({ warning: (await warning).message, left: fds() - before }));
  },

  /** Playing alone keeps it alive, until the end of the stream. */
  async played() {
    const pipeline = GstPipeline.parse('videotestsrc num-buffers=10 is-live=true ! fakesink');
    await pipeline.play();
    pipeline.finished.then(() => console.log('end of stream'));
  },

  async 'exit-while-playing'() {
    const pipeline = GstPipeline.parse(`${LIVE}  videotestsrc ! queue ! fakesink`);
    await pipeline.play();
    process.exit(7);
  },

  /** JavaScript is gone when the streaming thread calls it. */
  async 'exit-in-handler'() {
    const pipeline = GstPipeline.parse('videotestsrc ! fakesink name=sink signal-handoffs=true');
    const sink = pipeline.element('sink').gst as { on(signal: string, handler: () => void): void };
    await pipeline.pause();
    sink.on('handoff', () => process.exit(7));
    await pipeline.play();
  },

  async signalled() {
    const pipeline = GstPipeline.parse(LIVE);
    await pipeline.play();
    console.log('ready');
  },

  async 'signal-handled'() {
    const pipeline = GstPipeline.parse(LIVE);
    process.once('SIGINT', async () => {
      await pipeline[Symbol.asyncDispose]();
      console.log('stopped');
    });
    await pipeline.play();
    console.log('ready');
  },

  /** Turns of the event loop in a second of a paused pipeline, which holds the process. */
  async idle() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink');
    await pipeline.pause();
    await setTimeout(200);
    const before = performance.nodeTiming.uvMetricsInfo.loopCount;
    const cpu = process.cpuUsage();
    await setTimeout(1000);
    const { user, system } = process.cpuUsage(cpu);
    const turns = performance.nodeTiming.uvMetricsInfo.loopCount - before;
    console.log(JSON.stringify({ turns, cpuMicroseconds: user + system }));
  },
};

const scenario = scenarios[process.argv[2] ?? ''];
if (!scenario) throw new RangeError(`no scenario '${process.argv[2]}'`);
scenario();
