/**
 * Camera to display with a look at every frame: a function in JavaScript draws a moving box with the frame's number into the picture,
 * in place. Each access is bracketed by DMA_BUF_IOCTL_SYNC; still nothing is copied.
 *
 *   npm run sample -- camera-to-cpu-to-display --frames 100 --size 640x480
 */
import { cpuStage, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { drawBox } from './support/draw';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';
import { showUntilEnd } from './support/show';

runSample('camera-to-cpu-to-display', async (signal) => {
  const options = parseOptions();
  await using pipeline = new Pipeline(
    { ...pipelineOptions(options), atEnd: 'hold' },
    v4l2Source(cameraOptions(options)),
    cpuStage({ access: 'read-write', formats: ['XRGB8888'], name: 'box' }, ({ frame }) => {
      using px = frame.cpuAccess();
      drawBox(px.planes[0], frame.sequence);
    }),
    kmsSink({ ...displayOptions(options), writeback: options.png === undefined ? false : 'auto' }),
  );

  const stats = await showUntilEnd(pipeline, options, signal);
  console.log(`sync calls: ${stats.syncCalls}`);
  console.log(figures(stats));
});
