/**
 * Two pipelines from one camera to a display and more, one after the other: with an analysis at 5 fps; with a file, and a witness that
 * keeps a digest of each frame. For each a line of JSON: links of the statistics, what the stage kept (of the analysis: timestamps), and
 * what memory the dma-bufs were of.
 *
 *   node tee-stages.js FILE
 */
import { createHash } from 'node:crypto';
import { cpuStage, fileSink, kmsSink, Pipeline, type Stage, tee, v4l2Source } from 'dmaflow';
import { singlePlanarCamera } from './devices';
import { dmaBufsOf } from './dma-bufs';

const FRAMES = 20;
/** As many as the stages may have waiting, so that they get each, however slow they are. */
const FRAMES_IN_FILE = 8;
const [, , path = ''] = process.argv;

async function run(name: string, frames: number, kept: unknown[], ...branches: Stage[]): Promise<void> {
  const device = singlePlanarCamera();
  const camera = v4l2Source({ device, format: 'XRGB8888', width: 320, height: 180, fps: 15, frames });
  const pipeline = new Pipeline(camera, tee(kmsSink({ card: 'vkms' }), ...branches));
  await pipeline.start();
  const exporters = dmaBufsOf(process.pid).map(({ exporter }) => exporter);
  const { links, syncCalls } = await pipeline.finished;
  pipeline.assertZeroCopy();
  console.log(JSON.stringify({ name, links, syncCalls, kept, exporters }));
}

async function main(): Promise<void> {
  const looks: number[] = [];
  const analysis = cpuStage({ access: 'read', fps: 5, name: 'analysis' }, ({ frame }) => {
    using px = frame.cpuAccess();
    if (px.planes[0]?.data.length) looks.push(frame.timestamp);
  });
  await run('analysis', FRAMES, looks, analysis);

  const digests: string[] = [];
  const witness = cpuStage(
    { access: 'read', name: 'witness', policy: 'every', max: FRAMES_IN_FILE },
    ({ frame }) => {
      using px = frame.cpuAccess();
      const data = px.planes[0]?.data ?? new Uint8Array();
      digests.push(createHash('sha1').update(data).digest('hex'));
    },
  );
  await run('file', FRAMES_IN_FILE, digests, witness, fileSink(path, { max: FRAMES_IN_FILE }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
