/** Statistics of a running pipeline: plain values, taken from the frame loop and the stages at one moment. */
import type { CpuUse } from '../allocators/cpu-use';
import type { FrameLoopStats, TapStats } from '../native/frame-loop';
import { type CopyReport, type LinkStats, type LoopCopies, linkStats } from './link-stats';
import type { NativeFigures } from './native-stages';
import type { StageRunnerStats } from './stage-runner';

export interface StageStats {
  /** `camera`, `display`: the stage's name in the graph. */
  name: string;
  role: 'source' | 'transform' | 'converter' | 'sink';
  /** Frames that left the camera, went through the function, were made by the converter, or reached the screen. */
  frames: number;
  /** Frames that this stage skipped for a newer one. */
  dropped: number;
  /** Sinks: capture timestamp to flip, microseconds. */
  latency?: { min: number; mean: number; p50: number; p99: number; max: number };
}

export interface PipelineStats {
  /** Seconds since the first frame could flow. */
  elapsed: number;
  /** Frames a second over the last interval (over the whole run for `pipeline.stats()`): shown, or captured where nothing is shown. */
  fps: number;
  /** Frames that the camera delivered. */
  captured: number;
  /** Frames that the camera could not deliver: gaps in its sequence, and buffers flagged as damaged. */
  lost: number;
  /** Frames that reached the screen, over all displays. */
  shown: number;
  /** Frames that a newer one replaced on the way, over all stages. */
  dropped: number;
  /** DMA_BUF_IOCTL_SYNC calls on the pool's buffers. Zero where no CPU touches a frame. */
  syncCalls: number;
  heap: string;
  buffers: number;
  /** Whether the frame loop runs with real-time priority. */
  realtime: boolean;
  stages: StageStats[];
  /** What happens to frames from stage to stage; the device's own link comes first. */
  links: LinkStats[];
}

/** What the pipeline knows beside the loop's own counters. */
export interface StatsContext {
  elapsed: number;
  heap: string;
  buffers: number;
  syncCalls: number;
  /** `copied`: where it counts itself; `copies`: where the frame loop copies. */
  source: { name: string; copied?: CopyReport | undefined; copies?: LoopCopies | undefined };
  /** In the order of the loop's display ids. */
  displays: readonly { name: string }[];
  transforms: readonly TransformFigures[];
  /** Converters, and sinks that are no displays. */
  natives: readonly NativeFigures[];
  /** As they are built, in the order of the graph. */
  links: readonly LinkStats[];
}

export interface TransformFigures extends StageRunnerStats {
  name: string;
  use: Readonly<CpuUse>;
  copied?: CopyReport | undefined;
  /** The loop's tap that brings its frames, where one does. */
  tap: number | undefined;
}

export function collectStats(loop: FrameLoopStats, context: StatsContext): PipelineStats {
  // Those of all other segments are made out of these.
  const [source] = loop.captures;
  const captured = source?.captured ?? 0;
  const shown = sum(loop.displays, (d) => d.shown);
  const stages: StageStats[] = [
    { name: context.source.name, role: 'source', frames: captured, dropped: 0 },
    ...context.transforms.map((t) => ({
      name: t.name,
      role: 'transform' as const,
      frames: t.processed,
      dropped: t.skipped + (tapOf(loop, t)?.skipped ?? 0),
    })),
    ...context.natives.map((n) => ({
      name: n.name,
      role: n.role,
      frames: n.frames,
      dropped: n.dropped + (tapOf(loop, n)?.skipped ?? 0),
    })),
    ...loop.displays.map((d, id) => ({
      name: context.displays[id]?.name ?? 'display',
      role: 'sink' as const,
      frames: d.shown,
      dropped: d.dropped,
      latency: d.latency,
    })),
  ];
  const counted = loop.displays.length > 0 ? shown / loop.displays.length : captured;
  return {
    elapsed: context.elapsed,
    fps: context.elapsed > 0 ? counted / context.elapsed : 0,
    captured,
    lost: source ? source.lost + source.errored : 0,
    shown,
    dropped: sum(stages, (s) => s.dropped),
    syncCalls: context.syncCalls + (sourceCopies(loop, context.source)?.syncCalls ?? 0),
    heap: context.heap,
    buffers: context.buffers,
    realtime: loop.realtime,
    stages,
    links: collectLinks(loop, context, stages),
  };
}

/** The links with what was counted at the stage that each leads to. */
function collectLinks(
  loop: FrameLoopStats,
  { links, source, transforms, natives }: StatsContext,
  stages: readonly StageStats[],
): LinkStats[] {
  return links.map(({ from, to, access, heapFallbacks }) => {
    const { frames = 0, dropped = 0 } = stages.find(({ name }) => name === to) ?? {};
    const link = { from, to, access, heapFallbacks, frames, dropped };
    const transform = transforms.find(({ name }) => name === to);
    const figures = transform ?? natives.find(({ name }) => name === to);
    if (!figures)
      return linkStats({ ...link, copied: to === source.name ? sourceCopies(loop, source) : undefined });
    return linkStats({
      ...link,
      use: figures.use,
      copied: figures.copied,
      notDue: (transform?.notDue ?? 0) + (tapOf(loop, figures)?.notDue ?? 0),
      fenceWaits: transform?.fenceWaits ?? 0,
    });
  });
}

function sourceCopies(
  { captures: [queue] }: FrameLoopStats,
  { copied, copies }: StatsContext['source'],
): CopyReport | undefined {
  if (!copies) return copied;
  const { copied: frames = 0, copiedBytes: bytes = 0 } = queue ?? {};
  return { reason: copies.reason, frames, bytes, syncCalls: frames * copies.syncCalls };
}

function tapOf(loop: FrameLoopStats, { tap }: { tap: number | undefined }): TapStats | undefined {
  return tap === undefined ? undefined : loop.taps[tap];
}

/** The later statistics with `fps` over the time between the two. */
export function sinceLast(previous: PipelineStats | undefined, current: PipelineStats): PipelineStats {
  if (!previous) return current;
  const seconds = current.elapsed - previous.elapsed;
  if (seconds <= 0) return current;
  // Sinks that are no displays show nothing.
  const displays = current.stages.filter((s) => s.latency !== undefined).length;
  const frames =
    displays > 0 ? (current.shown - previous.shown) / displays : current.captured - previous.captured;
  return { ...current, fps: frames / seconds };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
