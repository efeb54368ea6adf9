import { CopyError, cpuStage, kmsSink, Pipeline, tee, v4l2Source } from '../../../src';
import { linkStats } from '../../../src/pipeline/link-stats';
import { assertZeroCopy } from '../../../src/pipeline/zero-copy';
import { FakeKernel } from '../../../src/testing';

let kernel: FakeKernel;

beforeEach(() => {
  ({ kernel } = FakeKernel.board());
});
afterEach(() => kernel.assertNothingLeft());

const camera = () => v4l2Source({ width: 320, height: 180, fps: 60, frames: 4 });
const look = (access: 'read' | 'read-write', open: 'read' | 'write' = 'read') =>
  cpuStage({ access, name: 'look', policy: 'every', max: 2 }, ({ frame }) => {
    using _ = frame.cpuAccess(open);
  });

it('holds of camera to display, and of a stage that reads in place; the counters say what it read', async () => {
  const pipeline = new Pipeline({ kernel }, camera(), tee(kmsSink(), look('read')));
  pipeline.assertZeroCopy();
  await pipeline.start();
  pipeline.assertZeroCopy();
  const { links } = await pipeline.finished;
  pipeline.assertZeroCopy();
  const read = links.find(({ to }) => to === 'look');
  expect(read?.frames).toBeGreaterThan(0);
  expect(read).toMatchObject({
    from: 'camera',
    access: 'read',
    cpuBytes: 320 * 180 * 4 * (read?.frames ?? 0),
    cpuWrites: 0,
    copies: 0,
    syncCalls: 2 * (read?.frames ?? 0),
  });
  expect(read?.syncTime).toBeGreaterThan(0);
  expect(links.find(({ to }) => to === 'display')).toMatchObject({ frames: 4, cpuBytes: 0, syncCalls: 0 });
});

it('fails on a stage that declares to write, before it did; writes in place can be allowed', async () => {
  const pipeline = new Pipeline({ kernel }, camera(), look('read-write', 'write'), kmsSink());
  expect(() => pipeline.assertZeroCopy()).toThrow(
    "not zero-copy: camera -> look: 'look' declares CPU access 'read-write', and opened 0 frames for writing so far",
  );
  pipeline.assertZeroCopy({ allowWrites: true });
  await pipeline.run();
  expect(() => pipeline.assertZeroCopy()).toThrow(/opened [1-4] frames for writing so far/);
  pipeline.assertZeroCopy({ allowWrites: true });
});

it('fails on a capture that copies, before the start and after the end; the counters say how much', async () => {
  const copying = v4l2Source({ width: 320, height: 180, fps: 60, frames: 4, capture: 'copy' });
  const pipeline = new Pipeline({ kernel }, copying, kmsSink());
  expect(() => pipeline.assertZeroCopy()).toThrow(
    'not zero-copy: vivid (/dev/video0) -> camera: no other way to capture than to copy is left to it',
  );
  const { links } = await pipeline.run();
  expect(links[0]).toMatchObject({ to: 'camera', frames: 4, copies: 4, cpuBytes: 4 * 320 * 180 * 4 });
  expect(() => pipeline.assertZeroCopy({ allowWrites: true })).toThrow(
    "not zero-copy: vivid (/dev/video0) -> camera: vivid (/dev/video0) was asked for copies (capture: 'copy') (4 frames so far)",
  );
});

it('fails on a link that copies, by its reason, whatever is allowed', () => {
  const copied = { reason: 'the driver takes no dma-bufs', frames: 3, bytes: 300 };
  const links = [
    linkStats({ from: 'camera', to: 'display' }),
    linkStats({ from: 'device', to: 'camera', copied }),
  ];
  expect.assertions(2);
  try {
    assertZeroCopy(links, { allowWrites: true });
  } catch (error) {
    expect(error).toBeInstanceOf(CopyError);
    expect(error).toMatchObject({
      message: 'not zero-copy: device -> camera: the driver takes no dma-bufs (3 frames so far)',
      from: 'device',
      to: 'camera',
    });
  }
});
