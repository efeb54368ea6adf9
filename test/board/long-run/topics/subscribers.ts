/** Frames as an Observable beside the display: every buffer goes back, and the camera never runs out of them. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type Frame, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { map, take } from 'rxjs';
import { blockFor } from '../../../support/board/block';
import { singlePlanarCamera } from '../../../support/board/devices';
import { until } from '../../../support/board/until';

const BUFFERS = 8;
/** On the screen one, on its way there another. */
const WITH_DISPLAY = 2;
/** Never lent to JavaScript: one is being filled, one is on the screen. */
const OF_CAMERA = 2;
const camera = singlePlanarCamera();

describe('frames()', () => {
  it("with 'latest' goes from the frame at hand to the newest", async () => {
    await overRunning(async (pipeline) => {
      const sequences: number[] = [];
      const subscription = pipeline.frames('camera').subscribe((frame) => {
        sequences.push(frame.sequence);
      });
      await until('5 frames', () => sequences.length >= 5);
      const before = sequences.length;
      blockFor(500);
      await until('5 more', () => sequences.length >= before + 5);
      subscription.unsubscribe();
      expect(isAscending(sequences)).toBe(true);
      // Of 15 frames meanwhile, one was on its way and the newest waited.
      expect(Math.max(...steps(sequences.slice(before)))).toBeGreaterThanOrEqual(8);
    });
  });

  it("with 'every' keeps the order and, within its credit, every frame", async () => {
    await overRunning(async (pipeline) => {
      const sequences: number[] = [];
      const subscription = pipeline.frames('camera', { policy: 'every', max: 3 }).subscribe((frame) => {
        sequences.push(frame.sequence);
      });
      await until('5 frames', () => sequences.length >= 5);
      // Two or three frames wait then.
      blockFor(80);
      await until('20 frames', () => sequences.length >= 20);
      subscription.unsubscribe();
      expect(new Set(steps(sequences))).toEqual(new Set([1]));
    });
  });

  it('lets a subscriber keep what it may, unchanged, and the camera go on', async () => {
    await overRunning(async (pipeline) => {
      const kept: { frame: Frame; hash: string }[] = [];
      const subscription = pipeline.frames('camera', { policy: 'every', max: 3 }).subscribe((frame) => {
        kept.push({ frame: frame.clone(), hash: hashOf(frame) });
      });
      await until('3 frames', () => kept.length === 3);
      const before = pipeline.stats();
      await until('30 more on the screen', () => pipeline.stats().shown >= before.shown + 30);
      expect(kept).toHaveLength(3);
      expect(new Set(kept.map(({ hash }) => hash)).size).toBe(3);
      expect(mostWithDriver()).toBeLessThanOrEqual(BUFFERS - 1 - kept.length);
      kept.shift()?.frame.close();
      await until('one more for the one that was closed', () => kept.length === 3);

      subscription.unsubscribe();
      const shown = pipeline.stats().shown;
      await until('10 more on the screen', () => pipeline.stats().shown >= shown + 10);
      expect(kept).toHaveLength(3);
      for (const { frame, hash } of kept) {
        expect(hashOf(frame)).toBe(hash);
        frame.close();
      }
    });
  });

  it('leaves the camera its own buffers, however many a subscriber would keep', async () => {
    await overRunning(async (pipeline) => {
      const kept: Frame[] = [];
      const everything = { policy: 'every', max: 32 } as const;
      const subscription = pipeline.frames('camera', everything).subscribe((frame) => {
        kept.push(frame.clone());
      });
      await until('as many frames as it may', () => kept.length === BUFFERS - OF_CAMERA);
      const { shown } = pipeline.stats();
      await until('30 more on the screen', () => pipeline.stats().shown >= shown + 30);
      expect(kept).toHaveLength(BUFFERS - OF_CAMERA);
      subscription.unsubscribe();
      for (const frame of kept) frame.close();
    });
  });

  it('gives the frame back where an operator throws or has enough', async () => {
    await overRunning(async (pipeline) => {
      const errors: unknown[] = [];
      let count = 0;
      const refuse = map((frame: Frame) => {
        if (++count === 3) throw new Error('enough');
        return frame.sequence;
      });
      pipeline
        .frames('camera', { policy: 'every', max: 2 })
        .pipe(refuse)
        .subscribe({ error: (error) => errors.push(error) });
      let taken = 0;
      pipeline
        .frames('camera')
        .pipe(take(4))
        .subscribe(() => {
          taken++;
        });
      await until('the error and the fourth frame', () => errors.length > 0 && taken === 4);
      const shown = pipeline.stats().shown;
      await until('10 more on the screen', () => pipeline.stats().shown >= shown + 10);
      expect([errors, count, taken]).toEqual([[new Error('enough')], 3, 4]);
    });
  });
});

/** Over a running pipeline: afterwards no frame is lost, and every buffer back with the driver but for the display's. */
async function overRunning(use: (pipeline: Pipeline) => Promise<void>): Promise<void> {
  await using pipeline = new Pipeline(
    { buffers: BUFFERS },
    v4l2Source({ device: camera, width: 320, height: 180, fps: 30 }),
    kmsSink({ card: 'vkms' }),
  );
  await pipeline.start();
  await until('the first frames', () => pipeline.stats().shown >= 3);
  await use(pipeline);
  expect(mostWithDriver()).toBeGreaterThanOrEqual(BUFFERS - WITH_DISPLAY);
  expect(pipeline.stats().lost).toBe(0);
}

/** The most buffers that the driver holds at once, over several looks. Anyone may ask a queue, not only who owns it. */
function mostWithDriver(): number {
  const looks = Array.from({ length: 3 }, () => {
    const list = execFileSync('v4l2-ctl', ['-d', camera, '--list-buffers'], { encoding: 'utf8' });
    expect(list.match(/Index/g)).toHaveLength(BUFFERS);
    return list.match(/Flags\s*:.*\b(queued|done)\b/g)?.length ?? 0;
  });
  return Math.max(...looks);
}

function hashOf(frame: Frame): string {
  using pixels = frame.cpuAccess('read');
  const hash = createHash('md5');
  for (const { data } of pixels.planes) hash.update(data);
  return hash.digest('hex');
}

function steps(sequences: readonly number[]): number[] {
  return sequences.slice(1).map((sequence, at) => sequence - (sequences[at] ?? 0));
}

function isAscending(sequences: readonly number[]): boolean {
  return steps(sequences).every((step) => step > 0);
}
