/** GStreamer in a worker thread: refused. Prints what it says. */
import { isMainThread, Worker } from 'node:worker_threads';
import { GstPipeline } from '../../../src/gstreamer/gst-pipeline';

if (isMainThread) {
  new Worker(__filename, { execArgv: process.execArgv.filter((flag) => flag !== '--expose-gc') });
} else {
  try {
    GstPipeline.parse('fakesrc ! fakesink');
  } catch (error) {
    const { name, message } = error as Error;
    console.log(JSON.stringify({ name, message }));
  }
}
