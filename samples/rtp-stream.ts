/**
 * Camera to the network: JPEG over RTP by GStreamer's elements, straight out of the camera's buffers.
 *
 *   npm run sample -- rtp-stream --driver vivid --size 640x480 --output 192.168.1.20:5004
 *
 * What receives it there, or here with 127.0.0.1:
 *
 *   gst-launch-1.0 udpsrc port=5004 caps="application/x-rtp,media=video,encoding-name=JPEG,payload=26,clock-rate=90000" \
 *     ! rtpjpegdepay ! jpegdec ! videoconvert ! autovideosink
 */
import { gstSink, Pipeline, v4l2Source } from 'dmaflow';
import { showLive } from './support/figures';
import { cameraOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';

/** RTP carries JPEG in 4:2:0 and 4:2:2 only. */
const JPEG = 'videoconvert ! video/x-raw,format=I420 ! jpegenc';

runSample('rtp-stream', async (signal) => {
  const options = parseOptions();
  const [host = '127.0.0.1', port = '5004'] = options.output?.split(':') ?? [];
  await using pipeline = new Pipeline(
    pipelineOptions(options),
    v4l2Source(cameraOptions(options)),
    gstSink(`${JPEG} ! rtpjpegpay ! udpsink host=${host} port=${port} sync=false`, { name: 'network' }),
  );

  console.log(pipeline.explain());
  showLive(pipeline);
  const stats = await pipeline.run({ signal });
  const sent = stats.stages.find(({ name }) => name === 'network');
  console.log(`sent=${sent?.frames} skipped=${sent?.dropped} captured=${stats.captured} lost=${stats.lost}`);
});
