// Subject 1: what a frame from the camera to the display costs, and how long it takes.
import { gstLaunch, ours, plainC } from '../harness/contestants.mjs';
import { gstreamerVersion } from '../harness/machine.mjs';
import { runObserved, SETTLED } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 1;
export const title = '1 camera to display';

const SIZES = [
  [640, 360],
  [1280, 720],
  [1920, 1080],
];

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const sizes = bench.quick ? SIZES.slice(1, 2) : SIZES;
  const window = bench.quick ? { first: 20, last: 60 } : SETTLED;
  const rows = [];
  for (const [width, height] of sizes) {
    const { streams, heap } = bench.machine;
    const job = {
      ...{ streams: streams.slice(0, 1), heap, format: 'XRGB8888', width, height, fps: 30 },
      frames: window.last + 5,
    };
    const contestants = {
      dmaflow: () => runObserved(ours(job), { window }),
      C: () => runObserved(plainC(job), { window }),
      ...(gstreamerVersion() && { GStreamer: () => runObserved(gstLaunch(job), { window }) }),
    };
    const label = `${width}x${height}`;
    const runs = await alternate(bench.rounds, contestants, (text) => bench.progress(`${label}, ${text}`));
    rows.push(...rowsOf(label, runs));
  }
  return rows;
}

function rowsOf(label, { dmaflow, C, GStreamer }) {
  const figure = (metric, unit, value, target) => ({
    ...{ subject: title, case: label, metric, unit, target },
    ours: dmaflow.map(value),
    reference: 'C',
    referenceValues: C.map(value),
  });
  const rows = [
    row(figure('CPU a frame', 'us', cpu, { most: 1.1, of: 'ratio' })),
    row(figure('shown of produced', '%', shown, { least: 0, of: 'difference' })),
    row(figure('frames a second', 'fps', rate)),
    row(figure('latency p50', 'ms', latency(0.5))),
    row(figure('latency p99', 'ms', latency(0.99), { most: 1, of: 'difference' })),
    // Without the wait for the display's refresh, whose phase is another one in every run.
    row(figure('latency to the commit, p99', 'ms', committed(0.99), { most: 1, of: 'difference' })),
    row({
      ...{ subject: title, case: label, metric: 'CPU a frame, JavaScript thread only', unit: 'us' },
      ours: dmaflow.map(({ observed }) => observed.window.mainCpu),
    }),
    row({
      ...figure('CPU a frame, thread that moves frames', 'us', ({ observed }) => observed.window.frameCpu),
    }),
  ];
  if (!GStreamer) return rows;
  const against = (metric, unit, value, theirs, target) =>
    row({
      ...figure(metric, unit, value, target),
      reference: 'GStreamer',
      referenceValues: GStreamer.map(theirs),
    });
  return [
    ...rows,
    against('CPU a frame', 'us', cpu, cpu, { most: 0.7, of: 'ratio' }),
    against('shown of produced', '%', shown, shown),
    against('frames a second', 'fps', rate, rate),
    against('latency p50', 'ms', latency(0.5), latency(0.5)),
    against('latency p99', 'ms', latency(0.99), latency(0.99)),
  ];
}

const cpu = ({ observed }) => observed.window.cpu;
const rate = ({ observed }) => observed.window.frames / observed.window.seconds;
const shown = ({ observed }) => (100 * observed.shown) / (observed.dequeued + observed.lost);

function latency(fraction) {
  return ({ observed: { latencies } }) => quantile(latencies, fraction);
}

function committed(fraction) {
  return ({ observed: { commits } }) => quantile(commits, fraction);
}

function quantile(ascending, fraction) {
  return ascending[Math.ceil(fraction * ascending.length) - 1];
}
