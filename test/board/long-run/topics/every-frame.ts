/** Every frame of the camera reaches the display, whatever JavaScript does meanwhile. */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { blockFor } from '../../../support/board/block';
import { singlePlanarCamera } from '../../../support/board/devices';
import { figuresOf, Program, samplePath } from '../../../support/board/program';
import { until } from '../../../support/board/until';

const FRAMES = 300;

describe('camera to display at 1280x720 and 30 fps', () => {
  it(`shows ${FRAMES} of ${FRAMES} frames`, async () => {
    const options = ['--frames', String(FRAMES), '--size', '1280x720', '--fps', '30', '--driver', 'vivid'];
    // vivid draws its frames on the processor, of which the virtual clock has one; a real camera needs none. So the program gives way
    // to it: V8's threads, which collect garbage some eight seconds after the start, would else take the camera's time. The frame
    // loop has a priority of its own.
    const command = [process.execPath, samplePath('camera-to-display'), ...options];
    await using program = new Program('nice', ['-n', '19', ...command]);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(figuresOf(program)).toEqual({ shown: FRAMES, lost: 0, dropped: 0 });
  });

  it('goes on while the JavaScript thread is blocked for 2 seconds', async () => {
    await using pipeline = new Pipeline(
      v4l2Source({ device: singlePlanarCamera(), width: 1280, height: 720, fps: 30 }),
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    await until('the first 20 frames', () => pipeline.stats().shown >= 20);
    // The counters are the frame loop's own, read without a turn of the event loop.
    const before = pipeline.stats();
    blockFor(2000);
    const after = pipeline.stats();
    expect([after.lost, after.dropped]).toEqual([0, 0]);
    // 60 frames; one may be on its way at either end.
    expect(after.captured - before.captured).toBeGreaterThanOrEqual(59);
    expect(after.shown - before.shown).toBeGreaterThanOrEqual(58);
  });
});
