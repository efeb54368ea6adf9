import { cpuStage, fileSink, kmsSink, Pipeline, tee, v4l2Source } from '../../../src';
import { FakeKernel } from '../../../src/testing';

const { kernel } = FakeKernel.board();

afterEach(() => kernel.assertNothingLeft());

const camera = () => v4l2Source({ width: 320, height: 180, fps: 30, frames: 12 });
const analysis = () =>
  cpuStage({ access: 'read', fps: 5, name: 'analysis' }, ({ frame }) => {
    using _ = frame.cpuAccess();
  });

const BEFORE = `
graph    camera = vivid (/dev/video0)
         ├─ display = Virtual-1 of vkms (/dev/dri/card1)
         ├─ analysis = a function on the CPU, 5 frames a second
         └─ file = raw frames into /dev/null
format   XRGB8888 320x180, 30 fps, stride 1280
buffers  11 of 0.2 MiB = 2.4 MiB (camera 2 + display 3 + analysis 2 + file 4)
         the same for camera, display, analysis and file
heap     default_cma_region (not allocated yet): contiguous memory, the kernel's default CMA region
needs    camera: contiguous, vivid writes it by DMA
         display: contiguous, vkms reads it by DMA
         analysis: the CPU reads it
         file: the CPU reads it
links    camera -> display: the same buffers, in the frame loop without JavaScript; no copy, no CPU access
         camera -> analysis: the same buffers, in JavaScript; CPU access read, synced only where the function opens it; the frames between pass by untouched
         camera -> file: the same buffers, written off the event loop; CPU access read, synced only where the function opens it
copies   none: no CPU copies a byte of a frame on its way`;

it('tells a newcomer of the memory of a tee, and while it runs what was counted', async () => {
  const pipeline = new Pipeline(
    { kernel, atEnd: 'hold' },
    camera(),
    tee(kmsSink(), analysis(), fileSink('/dev/null')),
  );
  expect(`\n${pipeline.explain()}`).toBe(BEFORE);
  await pipeline.start();
  await pipeline.ended;
  const after = pipeline.explain();
  const { links } = pipeline.stats();
  await pipeline.stop();
  expect(links.map(({ to }) => to)).toEqual(['camera', 'display', 'analysis', 'file']);
  const looked = links.find(({ to }) => to === 'analysis');
  const shown = /capture +the device imports these buffers.*\n {11}so far 12 frames; no CPU touched them$/m;
  expect(after).toMatch(shown);
  expect(after).toMatch(/camera -> display: .*\n {11}so far \d+ frames.*; no CPU touched them$/m);
  expect(after).toContain(`so far ${looked?.frames} frames, ${looked?.notDue} passed over; `);
  const work = `MiB open to a CPU; ${2 * (looked?.frames ?? 0)} sync calls, \\d+\\.\\d ms in them$`;
  expect(after).toMatch(new RegExp(work, 'm'));
});
