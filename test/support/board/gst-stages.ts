/**
 * Pipelines with GStreamer stages on the board, one after the other. For each a line of JSON: links of the statistics, captured
 * frames, and what dma-bufs there were while it ran, with the devices that had imported them.
 *
 *   node gst-stages.js DIRECTORY
 */
import { gstSink, gstSource, gstTransform, kmsSink, Pipeline, tee, v4l2Source } from 'dmaflow';
import { singlePlanarCamera } from './devices';
import { allDmaBufs } from './dma-bufs';

const FRAMES = 20;
const SIZE = { width: 320, height: 180 };
const [, , directory = ''] = process.argv;

async function run(name: string, pipeline: Pipeline): Promise<void> {
  await using owned = pipeline;
  await owned.start();
  while (owned.stats().captured < FRAMES / 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const buffers = allDmaBufs()
    .filter((buffer) => buffer.name.startsWith('dmaflow:'))
    .map(({ exporter, devices }) => ({ exporter, devices: [...new Set(devices)] }));
  const { links, stages, captured } = await owned.finished;
  console.log(JSON.stringify({ name, links, stages, captured, buffers }));
}

async function main(): Promise<void> {
  const device = singlePlanarCamera();
  const camera = () => v4l2Source({ device, format: 'XRGB8888', ...SIZE, fps: 15, frames: FRAMES });
  await run(
    'tee',
    new Pipeline(
      camera(),
      tee(
        kmsSink({ card: 'vkms' }),
        gstSink(`videoconvert ! jpegenc ! multifilesink location=${directory}/%02d.jpg`, { max: 6 }),
      ),
    ),
  );
  await run(
    'import',
    new Pipeline(
      gstSource(`v4l2src device=${device} io-mode=dmabuf-import ! video/x-raw,framerate=15/1`, {
        ...SIZE,
        format: 'XRGB8888',
        frames: FRAMES,
      }),
      kmsSink({ card: 'vkms' }),
    ),
  );
  await run('kmssink', new Pipeline(camera(), gstSink('kmssink driver-name=vkms sync=false')));
  await run(
    'transform',
    new Pipeline(camera(), gstTransform('videoflip video-direction=180'), kmsSink({ card: 'vkms' })),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
