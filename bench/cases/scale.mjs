// Subject 5: several cameras on as many displays in one process.
import { ours, plainC } from '../harness/contestants.mjs';
import { runObserved } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row, spread } from '../harness/rows.mjs';

export const number = 5;
export const title = '5 scale';

const COUNTS = [1, 2, 4, 8];

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const { streams, heap } = bench.machine;
  const possible = COUNTS.filter((count) => count <= streams.length);
  const counts = bench.quick ? [1, possible.at(-1)] : possible;
  // A size and a rate that two emulated processors sustain for eight cameras: their patterns are painted by the CPU.
  const [width, height, fps] = [320, 180, 15];
  // Ends before V8 tidies up, as elsewhere.
  const seconds = bench.quick ? 2 : 5;
  const contestants = {};
  for (const count of counts) {
    const frames = fps * (seconds + 3);
    const job = { streams: streams.slice(0, count), heap, format: 'XRGB8888', width, height, fps, frames };
    const window = { first: 2 * fps * count, last: (2 + seconds) * fps * count };
    contestants[`dmaflow ${count}`] = () => runObserved(ours(job), { window });
    contestants[`C ${count}`] = () => runObserved(plainC(job), { window });
  }
  const runs = await alternate(bench.rounds, contestants, bench.progress);
  return counts.flatMap((count) => rowsOf(count, runs));
}

function rowsOf(count, runs) {
  const dmaflow = runs[`dmaflow ${count}`];
  const C = runs[`C ${count}`];
  const about = { subject: title, case: `${count} ${count === 1 ? 'stream' : 'streams'}` };
  const figure = (metric, unit, value, target) =>
    row({
      ...about,
      metric,
      unit,
      target,
      ours: dmaflow.map(value),
      reference: 'C',
      referenceValues: C.map(value),
    });
  const own = (metric, unit, value) => row({ ...about, metric, unit, ours: dmaflow.map(value) });
  const cpu = ({ observed }) => observed.window.cpu;
  const single = runs['dmaflow 1'];
  return [
    figure('CPU a frame', 'us', cpu),
    row({
      ...{ ...about, metric: 'CPU a frame against one stream', unit: 'us', ours: dmaflow.map(cpu) },
      ...{ reference: 'dmaflow, 1 stream', referenceValues: single.map(cpu) },
      ...(count === 8 && { target: { most: 1.1, of: 'ratio' } }),
    }),
    figure('frames lost or not shown', 'frames', ({ figures }) => figures.lost + figures.dropped),
    figure('latency p99', 'ms', ({ figures }) => figures.p99 / 1000),
    own('threads', '', ({ figures }) => figures.threads),
    own('memory', 'MB', ({ figures }) => figures.rss / 1e6),
    ...(count > 1 ? [memoryOfAStream(about, count, dmaflow, single)] : []),
  ];
}

function memoryOfAStream(about, count, dmaflow, single) {
  const alone = spread(single.map(({ figures }) => figures.rss)).median;
  const values = dmaflow.map(({ figures }) => (figures.rss - alone) / 1e6 / (count - 1));
  return row({ ...about, metric: 'memory of a further stream', unit: 'MB', ours: values });
}
