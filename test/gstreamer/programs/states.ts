/** Changes of state, and how they settle. Prints what each of them came to. */
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'reached',
    (error: Error) => `${error.name}: ${error.message}`,
  );

/** Calls JavaScript from the streaming thread, which waits for it. */
interface Handoffs {
  on(signal: 'handoff', handler: () => void): void;
}

const scenarios: Record<string, () => Promise<unknown>> = {
  /** The sink waits for the clock with a full queue behind it. */
  async 'full-queue'() {
    await using pipeline = GstPipeline.parse(
      'videotestsrc ! video/x-raw,framerate=1/60 ! queue name=queue max-size-buffers=1 ! fakesink sync=true',
    );
    await pipeline.play();
    await pipeline.stop();
    return pipeline.state;
  },

  /** A streaming thread is in JavaScript nearly all the time. */
  async 'signal-handler'() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink name=sink signal-handoffs=true');
    let calls = 0;
    const enough = new Promise<void>((resolve) => {
      (pipeline.element('sink').gst as Handoffs).on('handoff', () => {
        calls++;
        if (calls === 20) resolve();
      });
    });
    await pipeline.play();
    await enough;
    await pipeline.stop();
    return { state: pipeline.state, called: calls >= 20 };
  },

  /** Nothing comes to the sink: it never prerolls. */
  async overtaken() {
    await using pipeline = GstPipeline.parse('appsrc ! fakesink');
    const first = outcome(pipeline.play());
    const second = outcome(pipeline.stop());
    return [await first, await second, pipeline.state];
  },

  async 'disposed-while-changing'() {
    const pipeline = GstPipeline.parse('appsrc ! fakesink');
    const change = outcome(pipeline.play());
    await pipeline[Symbol.asyncDispose]();
    await pipeline[Symbol.asyncDispose]();
    return [await change, await outcome(pipeline.play()), pipeline.state];
  },

  async 'up-and-down'() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink sync=true');
    const states: string[] = [];
    for (const state of [
      'ready',
      'paused',
      'playing',
      'paused',
      'ready',
      'playing',
      'null',
      'playing',
    ] as const) {
      await pipeline.setState(state);
      states.push(pipeline.state);
    }
    return states;
  },

  async seek() {
    await using pipeline = GstPipeline.parse(
      'videotestsrc num-buffers=100 ! video/x-raw,framerate=100/1 ! fakesink',
    );
    await pipeline.pause();
    await pipeline.seek(500_000);
    const position = await pipeline.position();
    const duration = await pipeline.duration();
    await pipeline.play();
    await pipeline.finished;
    return { position, duration };
  },

  async 'seek-refused'() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink');
    return await outcome(pipeline.seek(0));
  },

  async eos() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink sync=true');
    await pipeline.play();
    await pipeline.sendEos();
    return await outcome(pipeline.finished);
  },

  async 'eos-too-early'() {
    await using pipeline = GstPipeline.parse('videotestsrc ! fakesink');
    return await outcome(pipeline.sendEos());
  },
};

const scenario = scenarios[process.argv[2] ?? ''];
if (!scenario) throw new RangeError(`no scenario '${process.argv[2]}'`);
scenario().then((result) => console.log(JSON.stringify(result)));
