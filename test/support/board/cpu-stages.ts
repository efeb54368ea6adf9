/**
 * Two pipelines with a stage on the CPU, one after the other: one writes into frames of a single dma-buf, one reads frames of two
 * (NV12M). For each, a line of JSON: how often the function ran, and the inodes of the dma-bufs that this process had open meanwhile.
 */
import { cpuStage, kmsSink, Pipeline, type SourceStage, v4l2Source } from 'dmaflow';
import { multiPlanarCamera, singlePlanarCamera } from './devices';
import { dmaBufsOf } from './dma-bufs';

/** As many as the stage may have waiting, so that it gets each, however slow it is. */
const FRAMES = 8;
const common = { width: 320, height: 180, fps: 15, frames: FRAMES };

async function run(access: 'read' | 'read-write', source: SourceStage): Promise<void> {
  let calls = 0;
  let sum = 0;
  let inodes: number[] = [];
  const stage = cpuStage({ access, policy: 'every', max: FRAMES }, ({ frame }) => {
    using pixels = frame.cpuAccess();
    for (const { data } of pixels.planes) {
      sum += data[0] ?? 0;
      if (access === 'read-write') data[0] = sum & 255;
    }
    calls++;
    inodes = dmaBufsOf(process.pid).map(({ inode }) => inode);
  });
  await new Pipeline(source, stage, kmsSink({ card: 'vkms' })).run();
  console.log(JSON.stringify({ access, calls, inodes }));
}

async function main(): Promise<void> {
  await run('read-write', v4l2Source({ ...common, device: singlePlanarCamera(), format: 'XRGB8888' }));
  await run(
    'read',
    v4l2Source({
      ...common,
      device: multiPlanarCamera(),
      format: 'NV12',
      arrangement: 'separate-buffers',
    }),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
