import type { FrameLoopStats } from '../../../src/native/frame-loop';
import { collectStats, type StatsContext, sinceLast } from '../../../src/pipeline/stats';

const latency = { min: 1, mean: 2, p50: 2, p99: 3, max: 3 };
const loop: FrameLoopStats = {
  captures: [{ captured: 90, lost: 4, errored: 1, queued: 2, buffers: 6 }],
  displays: [
    { committed: 85, shown: 80, dropped: 5, latency, lastFlip: 1 },
    { committed: 40, shown: 40, dropped: 50, latency, lastFlip: 1 },
  ],
  taps: [{ delivered: 10, skipped: 7, notDue: 0 }],
  realtime: true,
};
const context: StatsContext = {
  elapsed: 3,
  heap: 'default_cma_region',
  buffers: 6,
  syncCalls: 20,
  sourceName: 'camera',
  displayNames: ['display', 'wall'],
  transforms: [{ name: 'cpu', processed: 10, skipped: 2, tap: 0 }],
};

describe('collectStats', () => {
  it('counts each loss once and names each stage', () => {
    const stats = collectStats(loop, context);
    expect(stats).toMatchObject({ captured: 90, lost: 5, shown: 120, dropped: 5 + 50 + 7 + 2, fps: 20 });
    expect(stats.stages.map((s) => [s.name, s.frames, s.dropped])).toEqual([
      ['camera', 90, 0],
      ['cpu', 10, 9],
      ['display', 80, 5],
      ['wall', 40, 50],
    ]);
  });

  it('measures the rate of an interval by what was shown in it', () => {
    const earlier = { ...collectStats(loop, context), elapsed: 2, shown: 60 };
    expect(sinceLast(earlier, collectStats(loop, context)).fps).toBe(30);
    expect(sinceLast(undefined, collectStats(loop, context)).fps).toBe(20);
  });

  it('falls back to what was captured where nothing is shown', () => {
    const stats = collectStats({ ...loop, displays: [] }, { ...context, displayNames: [] });
    expect(stats).toMatchObject({ shown: 0, fps: 30 });
    expect(sinceLast({ ...stats, elapsed: 1, captured: 40 }, stats).fps).toBe(25);
  });
});
