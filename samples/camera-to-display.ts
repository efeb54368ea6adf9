/**
 * Camera to display, zero-copy: frames go from the camera's driver to the screen in the same buffers. JavaScript
 * only looks on.
 *
 *   npm run sample -- camera-to-display --frames 300 --size 1280x720 --driver vivid
 */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { figures, showLive } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { savePng } from './support/png';
import { runSample } from './support/run';

runSample('camera-to-display', async (signal) => {
  const options = parseOptions();
  await using pipeline = new Pipeline(
    { ...pipelineOptions(options), atEnd: 'hold' },
    v4l2Source(cameraOptions(options)),
    kmsSink({ ...displayOptions(options), writeback: options.png !== undefined }),
  );
  console.log(pipeline.explain());
  showLive(pipeline);

  await pipeline.start({ signal });
  await pipeline.ended;
  if (options.png !== undefined && pipeline.state === 'ended') {
    await savePng(options.png, await pipeline.screenshot());
    console.log(`saved what the display shows: ${options.png}`);
  }
  await pipeline.stop();
  console.log(figures(await pipeline.finished));
});
