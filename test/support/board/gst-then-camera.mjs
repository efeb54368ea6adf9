// A camera that starts in the turn in which a pipeline of GStreamer goes: its files get the numbers of those that GLib closed. With the
// built library: what is loaded file by file takes turns of its own.
import { GstPipeline, kmsSink, Pipeline, v4l2Source } from 'dmaflow';

const camera = v4l2Source({ driver: 'vivid', width: 320, height: 240, fps: 60, frames: 5 });
const pipeline = new Pipeline(camera, kmsSink());
await GstPipeline.parse('fakesrc ! fakesink')[Symbol.asyncDispose]();
await pipeline.start();
await pipeline.ended;
await pipeline.stop();
console.log('captured', pipeline.stats().captured);
