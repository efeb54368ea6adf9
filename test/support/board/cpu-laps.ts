/** A camera whose every frame the CPU looks at on its way to the display, for many more frames than there are buffers: prints how many. */
import { cpuStage, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { singlePlanarCamera } from './devices';

async function main(): Promise<void> {
  const pipeline = new Pipeline(
    v4l2Source({ device: singlePlanarCamera(), width: 320, height: 180, fps: 30, frames: 60 }),
    cpuStage({ access: 'read' }, ({ frame }) => {
      using pixels = frame.cpuAccess();
      if (pixels.planes[0]?.data.length === 0) throw new Error('an empty frame');
    }),
    kmsSink({ card: 'vkms' }),
  );
  const { buffers, captured } = await pipeline.run();
  console.log(JSON.stringify({ buffers, captured }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
