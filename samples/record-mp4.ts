/**
 * Camera to display and to an H.264 file at once: both see the same buffers, the encoder is GStreamer's. What the encoder cannot take in
 * time is skipped for the file only.
 *
 *   npm run sample -- record-mp4 --driver vivid --size 640x480 --frames 300 --output out.mp4
 *
 * On a board with an encoder of its own, put its element in the place of x264enc: v4l2h264enc.
 */
import { gstSink, kmsSink, Pipeline, tee, v4l2Source } from 'dmaflow';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';
import { showUntilEnd } from './support/show';

runSample('record-mp4', async (signal) => {
  const options = parseOptions();
  const output = options.output ?? 'out.mp4';
  const encoder = 'videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=ultrafast';
  await using pipeline = new Pipeline(
    pipelineOptions(options),
    v4l2Source(cameraOptions(options)),
    tee(
      kmsSink(displayOptions(options)),
      gstSink(`${encoder} ! h264parse ! mp4mux ! filesink location="${output}"`, {
        name: 'recorder',
        max: 6,
      }),
    ),
  );

  const stats = await showUntilEnd(pipeline, options, signal);
  const recorded = stats.stages.find(({ name }) => name === 'recorder');
  console.log(`recorded=${recorded?.frames} skipped=${recorded?.dropped} file=${output}`);
  console.log(figures(stats));
});
