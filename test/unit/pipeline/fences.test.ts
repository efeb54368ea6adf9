/** Fences of devices on frames: nobody gets a frame, and the camera no buffer, before they have signalled. */
import { cpuStage, type Frame, kmsSink, Pipeline, v4l2Source } from '../../../src';
import { type FakeBoard, type FakeFence, FakeKernel } from '../../../src/testing';

let board: FakeBoard;
let kernel: FakeKernel;
const SMALL = { width: 320, height: 180, fps: 60 };
const all = { access: 'read', policy: 'every', max: 4 } as const;

beforeEach(() => {
  board = FakeKernel.board();
  kernel = board.kernel;
});
afterEach(() => kernel.assertNothingLeft());

const memoryOf = (frame: Frame) => frame.buffers[0] ?? fail('a frame has memory');

function fail(message: string): never {
  throw new Error(message);
}

/** Work of a device on the frame's memory. */
function late(frame: Frame): FakeFence {
  return kernel.addFence(memoryOf(frame).fd, { write: true });
}

it('a stage gets a frame when the fences on it have signalled, and the event loop is not blocked meanwhile', async () => {
  let fence: FakeFence | undefined;
  const seen: { sequence: number; signalled: boolean | undefined }[] = [];
  const stats = await new Pipeline(
    { kernel },
    v4l2Source({ ...SMALL, frames: 4 }),
    cpuStage(all, ({ frame }) => {
      if (frame.sequence !== 1) return;
      fence = late(frame);
      setTimeout(() => fence?.signal(), 80);
    }),
    cpuStage({ ...all, name: 'after' }, ({ frame }) => {
      seen.push({ sequence: frame.sequence, signalled: fence?.signalled });
    }),
  ).run();
  expect(seen).toEqual([
    { sequence: 0, signalled: undefined },
    { sequence: 1, signalled: true },
    { sequence: 2, signalled: true },
    { sequence: 3, signalled: true },
  ]);
  expect(stats.captured).toBe(4);
});

it('a stop does not wait for a fence that never signals', async () => {
  const pipeline = new Pipeline(
    { kernel },
    v4l2Source(SMALL),
    cpuStage({ ...all, name: 'before' }, ({ frame }) => {
      late(frame);
    }),
    cpuStage({ ...all, name: 'after' }, () => fail('not ready')),
  );
  await pipeline.start();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await pipeline.stop();
  expect(pipeline.state).toBe('stopped');
});

it('the camera gets a buffer back when the fence that a stage put on the frame has signalled', async () => {
  let fence: FakeFence | undefined;
  let fenced = 0;
  const before: number[] = [];
  const after: number[] = [];
  await new Pipeline(
    { kernel },
    v4l2Source({ ...SMALL, frames: 30 }),
    cpuStage(all, ({ frame }) => {
      const { inode } = memoryOf(frame);
      if (frame.sequence === 1) {
        fenced = inode;
        // A device of which the pipeline does not know.
        fence = kernel.addFence(memoryOf(frame).fd, { write: false });
        using exported = memoryOf(frame).exportFence('write');
        frame.addFence(exported, 'read');
      } else if (frame.sequence > 1) (fence?.signalled ? after : before).push(inode);
      if (frame.sequence === 15) fence?.signal();
    }),
    kmsSink(),
  ).run();
  expect(before.length).toBeGreaterThan(8);
  expect(before).not.toContain(fenced);
  expect(after).toContain(fenced);
});

it('a stop takes back a buffer whose fence has not signalled', async () => {
  const pipeline = new Pipeline(
    { kernel },
    v4l2Source(SMALL),
    cpuStage(all, ({ frame }) => {
      kernel.addFence(memoryOf(frame).fd, { write: false });
      using exported = memoryOf(frame).exportFence('write');
      frame.addFence(exported, 'read');
    }),
  );
  await pipeline.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  // The camera keeps the buffers that no stage may take from it.
  expect(pipeline.stats().captured).toBeGreaterThan(4);
  await pipeline.stop();
});

describe('frame.ready()', () => {
  const withFrame = async (look: (frame: Frame) => Promise<void>) => {
    const kept: Frame[] = [];
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 1 }));
    pipeline.frames('camera').subscribe((frame) => kept.push(frame.clone()));
    await pipeline.run();
    const frame = kept[0] ?? fail('no frame came');
    try {
      await look(frame);
    } finally {
      frame.close();
    }
  };

  it('waits for what the access has to wait for, with a limit', async () => {
    await withFrame(async (frame) => {
      expect(await frame.ready('read')).toBe(true);
      kernel.addFence(memoryOf(frame).fd, { write: false });
      expect(await frame.ready('read')).toBe(true);
      expect(await frame.ready('read-write', { timeout: 20 })).toBe(false);
    });
  });

  it('ends with the signal', async () => {
    await withFrame(async (frame) => {
      late(frame);
      const ready = frame.ready('read', { signal: AbortSignal.timeout(20) });
      await expect(ready).rejects.toThrow(/timeout/i);
    });
  });
});
