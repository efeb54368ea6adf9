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

/** Which piece of the grid of 100 ms each frame lies in. */
function piecesOf(timestamps: readonly number[]): number[] {
  return timestamps.map((timestamp) => Math.floor((timestamp - (timestamps[0] ?? 0)) / 100_000));
}

it('a stage with fps sees these frames, and the others are neither synced nor counted as dropped', async () => {
  const seen: number[] = [];
  const look = cpuStage({ access: 'read', fps: 10, policy: 'every', max: 8 }, ({ frame }) => {
    using px = frame.cpuAccess();
    seen.push(px.planes[0]?.data.length === 0 ? -1 : frame.timestamp);
  });
  const stats = await new Pipeline({ kernel }, camera(), tee(kmsSink(), look)).run();
  expect(piecesOf(seen)).toEqual([...new Set(piecesOf(seen))]);
  expect(seen.length).toBeGreaterThan(3);
  expect(syncs()).toBe(2 * seen.length);
  expect(stats.stages.find(({ name }) => name === 'cpu')).toMatchObject({ frames: seen.length, dropped: 0 });
  const link = stats.links.find(({ to }) => to === 'cpu');
  expect(link?.notDue).toBe(30 - seen.length);
  expect(link?.notDue).toBeGreaterThan(5);
});

it('a stage behind a stage keeps its own pace', async () => {
  const seen: number[] = [];
  const { links } = await new Pipeline(
    { kernel },
    camera(),
    cpuStage({ access: 'read', name: 'every', policy: 'every', max: 4 }, () => {}),
    cpuStage({ access: 'read', name: 'some', fps: 10, policy: 'every', max: 8 }, ({ frame }) => {
      seen.push(frame.timestamp);
    }),
  ).run();
  expect(piecesOf(seen)).toEqual([...new Set(piecesOf(seen))]);
  expect(seen.length).toBeGreaterThan(3);
  const [, every, some] = links;
  expect(some).toMatchObject({ frames: seen.length, notDue: (every?.frames ?? 0) - seen.length });
  expect(some?.notDue).toBeGreaterThan(5);
});

it.each(['camera', 'cpu'])('frames() of %s with fps', async (stage) => {
  const seen: number[] = [];
  const pass = cpuStage({ access: 'read', policy: 'every', max: 4 }, () => {});
  const pipeline = new Pipeline({ kernel }, camera(), pass);
  pipeline.frames(stage, { fps: 10 }).subscribe(({ timestamp }) => seen.push(timestamp));
  await pipeline.run();
  expect(piecesOf(seen)).toEqual([...new Set(piecesOf(seen))]);
  expect(seen.length).toBeGreaterThan(2);
});

it('refuses a rate that cannot be', () => {
  expect(() => cpuStage({ access: 'read', fps: 0 }, () => {})).toThrow(
    'cpuStage: fps must be frames a second above 0, got 0',
  );
});
