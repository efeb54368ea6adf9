// Subject 2: frames that are lost while JavaScript is busy with something else.
import { spawn } from 'node:child_process';
import { loadAlone, ours, plainC } from '../harness/contestants.mjs';
import { runObserved } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 2;
export const title = '2 busy JavaScript';

const CASES = {
  blocked: 'blocked 1 s of every 2',
  garbage: 'allocating 200 MB/s',
};

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const frames = bench.quick ? 90 : 300;
  const { streams, heap } = bench.machine;
  const job = {
    streams: streams.slice(0, 1),
    heap,
    format: 'XRGB8888',
    width: 1280,
    height: 720,
    fps: 30,
    frames,
  };
  const rows = [];
  for (const [load, label] of Object.entries(CASES)) {
    const contestants = {
      dmaflow: () => runObserved(ours({ ...job, load })),
      C: () => besideLoad(load, frames / 30 + 60, () => runObserved(plainC(job))),
    };
    const runs = await alternate(bench.rounds, contestants, (text) => bench.progress(`${label}, ${text}`));
    rows.push(...rowsOf(label, runs));
  }
  return rows;
}

function rowsOf(label, { dmaflow, C }) {
  const figure = (metric, unit, value, target) =>
    row({
      ...{ subject: title, case: label, metric, unit, target },
      ours: dmaflow.map(value),
      reference: 'C beside the same load',
      referenceValues: C.map(value),
    });
  const ofRun = (name) => (run) => run.figures[name];
  return [
    figure('frames lost by the camera', 'frames', ofRun('lost'), { most: 0, of: 'difference' }),
    figure('frames not shown', 'frames', ofRun('dropped'), { most: 0, of: 'difference' }),
    figure('latency p99', 'ms', ({ figures }) => figures.p99 / 1000),
  ];
}

// A process that does what JavaScript does in ours: the machine is as busy for the program in C.
async function besideLoad(name, seconds, run) {
  const [program, ...args] = loadAlone(name, seconds);
  const load = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => load.on('close', resolve));
  try {
    return await run();
  } finally {
    load.kill('SIGTERM');
    await ended;
  }
}
