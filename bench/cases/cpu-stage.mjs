// Subject 3: what a stage in JavaScript adds to the path of a frame.
import { ours, plainC } from '../harness/contestants.mjs';
import { runObserved, SETTLED } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 3;
export const title = '3 camera to CPU to display';

/** What a frame costs once V8 has compiled what runs for each: the frames before are part of the start. */
const COMPILED = { first: 2400, last: 3000 };
const SMALL = { width: 640, height: 360, fps: 60 };
const LARGE = { width: 1280, height: 720, fps: 30 };

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const early = bench.quick ? { first: 20, last: 50 } : SETTLED;
  const late = bench.quick ? early : COMPILED;
  const large = bench.quick ? SMALL : LARGE;
  const { streams, heap } = bench.machine;
  const about = { streams: streams.slice(0, 1), heap, format: 'NV12' };
  const run = (contestant, access, size, window) => () =>
    runObserved(contestant({ ...about, ...size, access, frames: window.last + 5 }), { window });
  const runs = await alternate(
    bench.rounds,
    {
      'dmaflow none': run(ours, 'none', SMALL, late),
      'C none': run(plainC, 'none', SMALL, late),
      'dmaflow sync': run(ours, 'sync', SMALL, late),
      'C sync': run(plainC, 'sync', SMALL, late),
      'dmaflow sync early': run(ours, 'sync', SMALL, early),
      // Its loop is compiled within the first frame.
      'dmaflow luma': run(ours, 'luma', large, early),
      'C luma': run(plainC, 'luma', large, early),
    },
    bench.progress,
  );
  const cpu = (who) => runs[who].map(({ observed }) => observed.window.cpu);
  const noOp = `no-op stage, ${sizeOf(SMALL)}`;
  return [
    ...rowsOf(noOp, 'sync', runs),
    row({
      ...{ subject: title, case: noOp, metric: 'CPU a frame in the first seconds', unit: 'us' },
      ...{ ours: cpu('dmaflow sync early'), reference: 'C', referenceValues: cpu('C sync') },
    }),
    ...rowsOf(`reads every luma byte, ${sizeOf(large)}`, 'luma', runs),
  ];
}

function sizeOf({ width, height, fps }) {
  return `NV12 ${width}x${height}, ${fps} fps`;
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
