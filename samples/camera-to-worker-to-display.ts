/**
 * Work that takes longer than JavaScript's thread has time for: two worker threads turn frames into their negatives, in place. What
 * crosses to a thread is a file descriptor; the display gets the frames in the camera's order.
 *
 *   npm run sample -- camera-to-worker-to-display --frames 100 --size 640x480
 */
import { join } from 'node:path';
import { kmsSink, Pipeline, v4l2Source, workerStage } from 'dmaflow';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';
import { showUntilEnd } from './support/show';

runSample('camera-to-worker-to-display', async (signal) => {
  const options = parseOptions();
  await using pipeline = new Pipeline(
    { ...pipelineOptions(options), atEnd: 'hold' },
    v4l2Source(cameraOptions(options)),
    // In an ES module: new URL('./stages/negative.js', import.meta.url).
    workerStage(join(__dirname, 'stages/negative.js'), {
      access: 'read-write',
      workers: 2,
      formats: ['XRGB8888'],
      name: 'negative',
    }),
    kmsSink({ ...displayOptions(options), writeback: options.png === undefined ? false : 'auto' }),
  );
  console.log(figures(await showUntilEnd(pipeline, options, signal)));
});
