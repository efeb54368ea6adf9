/** Stages and subscribers that look at some frames only. */
import { cpuStage, kmsSink, Pipeline, tee, v4l2Source } from '../../../src';
import { FakeKernel } from '../../../src/testing';

let kernel: FakeKernel;

beforeEach(() => {
  ({ kernel } = FakeKernel.board());
});
afterEach(() => kernel.assertNothingLeft());

const camera = () => v4l2Source({ width: 320, height: 180, fps: 60, frames: 30 });
const syncs = () => kernel.requests('DMA_BUF_IOCTL_SYNC').length;

it('a stage with fps sees these frames, and the others are neither synced nor counted as dropped', async () => {
  const seen: number[] = [];
  const look = cpuStage({ access: 'read', fps: 10, policy: 'every', max: 2 }, ({ frame }) => {
    using px = frame.cpuAccess();
    seen.push(px.planes[0]?.data.length === 0 ? -1 : frame.timestamp);
  });
  const stats = await new Pipeline({ kernel }, camera(), tee(kmsSink(), look)).run();
  const pieces = seen.map((timestamp) => Math.floor((timestamp - (seen[0] ?? 0)) / 100_000));
  expect(pieces).toEqual([...new Set(pieces)]);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.length).toBeLessThan(8);
  expect(syncs()).toBe(2 * seen.length);
  expect(stats.stages.find(({ name }) => name === 'cpu')).toMatchObject({ frames: seen.length, dropped: 0 });
});

it('a stage behind a stage keeps its own pace', async () => {
  const seen = { every: 0, some: 0 };
  await new Pipeline(
    { kernel },
    camera(),
    cpuStage({ access: 'read', name: 'every', policy: 'every', max: 4 }, () => void seen.every++),
    cpuStage({ access: 'read', name: 'some', fps: 10, policy: 'every', max: 4 }, () => void seen.some++),
  ).run();
  expect(seen.every).toBeGreaterThan(20);
  expect(seen.some).toBeGreaterThan(3);
  expect(seen.some).toBeLessThan(8);
});

it.each(['camera', 'cpu'])('frames() of %s with fps', async (stage) => {
  let seen = 0;
  const pass = cpuStage({ access: 'read', policy: 'every', max: 4 }, () => {});
  const pipeline = new Pipeline({ kernel }, camera(), pass);
  pipeline.frames(stage, { fps: 10 }).subscribe(() => seen++);
  await pipeline.run();
  expect(seen).toBeGreaterThan(2);
  expect(seen).toBeLessThan(8);
});

it('refuses a rate that cannot be', () => {
  expect(() => cpuStage({ access: 'read', fps: 0 }, () => {})).toThrow(
    'cpuStage: fps must be frames a second above 0, got 0',
  );
});
