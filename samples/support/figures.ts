/** What a sample prints of a pipeline: a live line while it runs, one line of figures at the end. */
import type { Pipeline, PipelineStats } from 'dmaflow';

/** `shown=300 lost=0 dropped=0 fps=30.0` */
export function figures(stats: PipelineStats): string {
  return `shown=${stats.shown} lost=${stats.lost} dropped=${stats.dropped} fps=${stats.fps.toFixed(1)}`;
}

/** One line that is written over on a terminal; elsewhere a line for each value. */
export function showLive(pipeline: Pipeline): void {
  const terminal = process.stdout.isTTY === true;
  pipeline.stats$.subscribe((s) => {
    const line =
      `${s.fps.toFixed(1)} fps  shown ${s.shown}  lost ${s.lost}  dropped ${s.dropped}  ` +
      `${s.heap}, ${s.buffers} buffers`;
    process.stdout.write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
  });
  pipeline.state$.subscribe((state) => {
    if (terminal && (state === 'stopped' || state === 'failed' || state === 'ended'))
      process.stdout.write('\n');
  });
}
