/** Frames reach the display, all of them, whatever JavaScript does meanwhile. */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { blockFor } from '../../../support/board/block';
import { runUntilClean } from '../../../support/board/clean-run';
import { singlePlanarCamera } from '../../../support/board/devices';
import { type Figures, figuresOf, sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';

const FRAMES = 300;
const MOST_RUNS = 3;

describe('camera to display at 1280x720 and 30 fps', () => {
  it(`shows ${FRAMES} of ${FRAMES} frames and loses none`, async () => {
    const runs = await runUntilClean(MOST_RUNS, runSample, ({ lost, dropped }) => lost + dropped === 0);
    expect(runs.at(-1)).toEqual({ shown: FRAMES, lost: 0, dropped: 0 });
  }, 300_000);

  it('loses none while the JavaScript thread is blocked for 2 seconds', async () => {
    const runs = await runUntilClean(MOST_RUNS, runBlocked, ({ lost, dropped }) => lost + dropped === 0);
    expect(runs.at(-1)).toMatchObject({ lost: 0, dropped: 0 });
    // 60 frames without a gap; one may be on its way at either end.
    expect(runs.at(-1)?.captured).toBeGreaterThanOrEqual(58);
    expect(runs.at(-1)?.shown).toBeGreaterThanOrEqual(57);
  }, 120_000);
});

/** Ends early where frames are lost: the next run may be clean. */
async function runSample(): Promise<Figures> {
  const options = ['--frames', String(FRAMES), '--size', '1280x720', '--fps', '30', '--driver', 'vivid'];
  await using program = sample('camera-to-display', ...options);
  await until(
    'the end, or the first loss',
    () => program.over || /lost [1-9]|dropped [1-9]/.test(program.stdout),
    180,
  );
  if (!program.over) program.kill('SIGINT');
  expect(await program.ended).toEqual({ status: 0, signal: null });
  return figuresOf(program);
}

/** What happened during the block: the counters are the frame loop's own, read without a turn of the event loop. */
async function runBlocked() {
  await using pipeline = new Pipeline(
    v4l2Source({ device: singlePlanarCamera(), width: 1280, height: 720, fps: 30 }),
    kmsSink({ card: 'vkms' }),
  );
  await pipeline.start();
  await until('the first 20 frames', () => pipeline.stats().shown >= 20);
  const before = pipeline.stats();
  blockFor(2000);
  const after = pipeline.stats();
  return {
    captured: after.captured - before.captured,
    shown: after.shown - before.shown,
    lost: after.lost - before.lost,
    dropped: after.dropped - before.dropped,
  };
}
