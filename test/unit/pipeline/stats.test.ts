import type { FrameLoopStats } from '../../../src/native/frame-loop';
import { linkStats } from '../../../src/pipeline/link-stats';
import { collectStats, type StatsContext, sinceLast } from '../../../src/pipeline/stats';

const latency = { min: 1, mean: 2, p50: 2, p99: 3, max: 3 };
const loop: FrameLoopStats = {
  captures: [{ captured: 90, lost: 4, errored: 1, copied: 90, copiedBytes: 81_000, queued: 2, buffers: 6 }],
  displays: [
    { committed: 85, shown: 80, dropped: 5, latency, lastFlip: 1 },
    { committed: 40, shown: 40, dropped: 50, latency, lastFlip: 1 },
  ],
  taps: [{ delivered: 10, skipped: 7, notDue: 60 }],
  realtime: true,
};
const context: StatsContext = {
  elapsed: 3,
  heap: 'default_cma_region',
  buffers: 6,
  syncCalls: 20,
  source: { name: 'camera' },
  displays: [{ name: 'display' }, { name: 'wall' }],
  transforms: [
    {
      name: 'cpu',
      processed: 10,
      skipped: 2,
      notDue: 1,
      fenceWaits: 3,
      tap: 0,
      use: { accesses: 10, writes: 10, bytes: 9000, syncCalls: 20, syncTime: 41.6 },
    },
  ],
  natives: [],
  links: [
    linkStats({ from: 'vivid (/dev/video0)', to: 'camera', heapFallbacks: 1 }),
    linkStats({ from: 'camera', to: 'cpu', access: 'read-write', heapFallbacks: 1 }),
    linkStats({ from: 'camera', to: 'display', heapFallbacks: 1 }),
    linkStats({ from: 'cpu', to: 'wall', heapFallbacks: 1 }),
  ],
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

  it('says of each link what was done to its frames', () => {
    const copies = { reason: 'the driver takes no dma-bufs', syncCalls: 2 };
    const { links } = collectStats(loop, { ...context, source: { ...context.source, copies } });
    const none = { cpuBytes: 0, cpuWrites: 0, copies: 0, syncCalls: 0, syncTime: 0, fenceWaits: 0 };
    expect(links).toEqual([
      {
        ...none,
        from: 'vivid (/dev/video0)',
        to: 'camera',
        access: undefined,
        copyReason: 'the driver takes no dma-bufs',
        syncCalls: 180,
        frames: 90,
        dropped: 0,
        notDue: 0,
        cpuBytes: 81_000,
        copies: 90,
        heapFallbacks: 1,
      },
      {
        ...none,
        from: 'camera',
        to: 'cpu',
        access: 'read-write',
        copyReason: undefined,
        frames: 10,
        dropped: 9,
        notDue: 61,
        cpuBytes: 9000,
        cpuWrites: 10,
        syncCalls: 20,
        syncTime: 42,
        fenceWaits: 3,
        heapFallbacks: 1,
      },
      expect.objectContaining({ ...none, from: 'camera', to: 'display', frames: 80, dropped: 5 }),
      expect.objectContaining({ ...none, from: 'cpu', to: 'wall', frames: 40, dropped: 50 }),
    ]);
  });

  it('measures the rate of an interval by what was shown in it', () => {
    const earlier = { ...collectStats(loop, context), elapsed: 2, shown: 60 };
    expect(sinceLast(earlier, collectStats(loop, context)).fps).toBe(30);
    expect(sinceLast(undefined, collectStats(loop, context)).fps).toBe(20);
  });

  it('counts what displays show, not what other sinks take', () => {
    const natives: StatsContext['natives'] = [
      { name: 'encoder', role: 'sink', frames: 70, dropped: 0, copied: undefined, tap: 0 },
    ];
    const stats = collectStats(loop, { ...context, natives });
    expect(sinceLast({ ...stats, elapsed: 2, shown: 60 }, stats).fps).toBe(30);
  });

  it('falls back to what was captured where nothing is shown', () => {
    const stats = collectStats({ ...loop, displays: [] }, { ...context, displays: [] });
    expect(stats).toMatchObject({ shown: 0, fps: 30 });
    expect(sinceLast({ ...stats, elapsed: 1, captured: 40 }, stats).fps).toBe(25);
  });
});
