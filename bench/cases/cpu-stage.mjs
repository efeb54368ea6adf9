// Subject 3: what a stage in JavaScript adds to the path of a frame.
import { ours, plainC } from '../harness/contestants.mjs';
import { runObserved, SETTLED } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 3;
export const title = '3 camera to CPU to display';

const ACCESSES = { sync: 'no-op stage', luma: 'reads every luma byte' };

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const window = bench.quick ? { first: 20, last: 50 } : SETTLED;
  const [width, height] = bench.quick ? [640, 360] : [1280, 720];
  const { streams, heap } = bench.machine;
  const job = {
    ...{ streams: streams.slice(0, 1), heap, format: 'NV12', width, height, fps: 30 },
    frames: window.last + 5,
  };
  const contestants = {};
  for (const access of ['none', ...Object.keys(ACCESSES)]) {
    contestants[`dmaflow ${access}`] = () => runObserved(ours({ ...job, access }), { window });
    contestants[`C ${access}`] = () => runObserved(plainC({ ...job, access }), { window });
  }
  const runs = await alternate(bench.rounds, contestants, bench.progress);
  return Object.entries(ACCESSES).flatMap(([access, what]) => {
    const label = `${what}, NV12 ${width}x${height}`;
    return rowsOf(label, access, runs);
  });
}

function rowsOf(label, access, runs) {
  const figure = (metric, unit, values, target) =>
    row({
      ...{ subject: title, case: label, metric, unit, target },
      ours: values('dmaflow'),
      reference: 'C',
      referenceValues: values('C'),
    });
  const of = (value) => (who) => runs[`${who} ${access}`].map(value);
  const added = (who) =>
    runs[`${who} ${access}`].map(({ observed }, round) => {
      return observed.window.cpu - runs[`${who} none`][round].observed.window.cpu;
    });
  // The stage in JavaScript on top of the path in C, as the target has it.
  const onC = {
    dmaflow: runs[`dmaflow ${access}`].map(({ observed }) => observed.window.cpu),
    C: runs[`C ${access}`].map(({ observed }) => observed.window.cpu),
  };
  return [
    figure(
      'CPU a frame',
      'us',
      (who) => onC[who],
      access === 'sync' ? { most: 1.5, of: 'ratio' } : undefined,
    ),
    figure('CPU a frame that the stage adds', 'us', added),
    figure(
      'latency p50',
      'ms',
      of(({ figures }) => figures.p50 / 1000),
    ),
    figure(
      'latency p99',
      'ms',
      of(({ figures }) => figures.p99 / 1000),
    ),
    figure(
      'frames lost by the camera',
      'frames',
      of(({ figures }) => figures.lost),
      { most: 0, of: 'difference' },
    ),
    figure(
      'frames dropped by the stage or the display',
      'frames',
      of(({ figures }) => figures.dropped),
    ),
  ];
}
