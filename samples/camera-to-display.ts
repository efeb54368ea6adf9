/**
 * Camera to display, zero-copy: frames go from the camera's driver to the screen in the same buffers. JavaScript
 * only looks on.
 *
 *   npm run sample -- camera-to-display --frames 300 --size 1280x720 --driver vivid
 */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';
import { showUntilEnd } from './support/show';

runSample('camera-to-display', async (signal) => {
  const options = parseOptions();
  await using pipeline = new Pipeline(
    { ...pipelineOptions(options), atEnd: 'hold' },
    v4l2Source(cameraOptions(options)),
    kmsSink({ ...displayOptions(options), writeback: options.png === undefined ? false : 'auto' }),
  );

  console.log(figures(await showUntilEnd(pipeline, options, signal)));
});
