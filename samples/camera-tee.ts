/**
 * One camera, three users of its frames: a display, an analysis that looks at five frames a second, and a file of raw video. All of them
 * use the camera's own buffers; `explain()` says who does what with them, and `assertZeroCopy()` that nobody copies.
 *
 *   npm run sample -- camera-tee --frames 60 --size 640x480 --out /tmp/camera.raw
 */
import { cpuStage, fileSink, kmsSink, Pipeline, tee, v4l2Source } from 'dmaflow';
import { figures } from './support/figures';
import { cameraOptions, displayOptions, parseOptions, pipelineOptions } from './support/options';
import { runSample } from './support/run';

runSample('camera-tee', async (signal) => {
  const options = parseOptions();
  const brightness: string[] = [];
  const analysis = cpuStage({ access: 'read', fps: 5, name: 'analysis' }, ({ frame }) => {
    using px = frame.cpuAccess();
    brightness.push(mean(px.planes[0]?.data ?? []).toFixed(0));
  });
  await using pipeline = new Pipeline(
    { ...pipelineOptions(options), atEnd: 'hold' },
    v4l2Source(cameraOptions(options)),
    tee(kmsSink(displayOptions(options)), analysis, fileSink(options.out ?? 'camera.raw')),
  );

  await pipeline.start({ signal });
  await pipeline.ended;
  if (pipeline.state === 'ended') console.log(pipeline.explain());
  pipeline.assertZeroCopy();
  await pipeline.stop();

  console.log(`brightness=${brightness.join(',')}`);
  console.log(figures(await pipeline.finished));
});

/** Of every 64th byte: enough for an impression. */
function mean(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 64) sum += bytes[index] ?? 0;
  return sum / Math.max(1, Math.ceil(bytes.length / 64));
}
