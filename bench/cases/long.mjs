// Subject 7: does anything grow? Memory, fds, dma-bufs and latency over many frames; only with --long.
import { subject } from '../harness/contestants.mjs';
import { runObserved } from '../harness/program.mjs';
import { row } from '../harness/rows.mjs';

export const number = 7;
export const title = '7 long run';
/** Half an hour: only when asked for. */
export const long = true;

const FRAMES = 100_000;
const QUICK_FRAMES = 3_000;
const SHARES = 20;
// What the allocator of C and the heap of V8 may still take while they settle.
const MOST_GROWTH_OF_MEMORY = 1.05;

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const [{ camera, card }] = bench.machine.streams;
  const frames = bench.quick ? QUICK_FRAMES : FRAMES;
  const job = { camera, card, format: 'XRGB8888', width: 640, height: 360, fps: 60, frames, shares: SHARES };
  const [node, ...args] = subject('long-run', job);
  bench.progress(`${frames} frames`);
  const { figures } = await runObserved([node, '--expose-gc', ...args], { limit: frames * 60 + 1_800_000 });
  return rowsOf(frames, figures);
}

// The first quarter against the last: the medians of the samples in each.
function rowsOf(frames, { captured, lost, shown, samples, left }) {
  const quarter = Math.max(1, samples.length >> 2);
  const about = { subject: title, case: `${frames.toLocaleString('en')} frames` };
  const growth = (metric, unit, value, target) =>
    row({
      ...{ ...about, metric, unit, target, reference: 'in the first quarter' },
      ours: samples.slice(-quarter).map(value),
      referenceValues: samples.slice(0, quarter).map(value),
    });
  const own = (metric, value, target) => row({ ...about, metric, unit: '', ours: [value], target });
  return [
    own('frames captured', captured),
    own('frames shown', shown),
    own('frames lost', lost, { most: 0, of: 'ours' }),
    growth('memory at the end', 'MB', ({ rss }) => rss / 1e6, { most: MOST_GROWTH_OF_MEMORY, of: 'ratio' }),
    growth('fds at the end', '', ({ fds }) => fds, { most: 0, of: 'difference' }),
    growth('dma-bufs at the end', '', ({ dmaBufs }) => dmaBufs, { most: 0, of: 'difference' }),
    growth('mean latency at the end', 'ms', ({ latency }) => latency / 1000, { most: 1, of: 'difference' }),
    own('dma-bufs after stop', left, { most: 0, of: 'ours' }),
  ];
}
