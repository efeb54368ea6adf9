/**
 * Any GStreamer source on our display: its elements write straight into the buffers that the display shows.
 *
 *   npm run sample -- gst-camera --frames 300 --size 1280x720
 *   npm run sample -- gst-camera --source "libcamerasrc ! video/x-raw,format=NV12"
 *   npm run sample -- gst-camera --source "v4l2src io-mode=dmabuf-import ! video/x-raw,framerate=30/1"
 *   npm run sample -- gst-camera --source "uridecodebin uri=file:///tmp/film.mp4 ! videoconvert" --size 1920x1080
 */
import { gstSource, kmsSink, Pipeline } from 'dmaflow';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';
import { showUntilEnd } from './support/show';

runSample('gst-camera', async (signal) => {
  const options = parseOptions();
  const { source = 'videotestsrc is-live=true pattern=ball' } = options;
  await using pipeline = new Pipeline(
    pipelineOptions(options),
    gstSource(source, { ...cameraOptions(options), name: 'camera' }),
    kmsSink(displayOptions(options)),
  );

  const stats = await showUntilEnd(pipeline, options, signal);
  for (const { copyReason, copies } of stats.links) {
    if (copyReason !== undefined) console.log(`copied=${copies}: ${copyReason}`);
  }
  console.log(figures(stats));
});
