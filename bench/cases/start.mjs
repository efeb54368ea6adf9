// Subject 6: from the start of the process to the first frame on the screen, with a warm file cache.
import { execFileSync } from 'node:child_process';
import { gstLaunch, ours, plainC } from '../harness/contestants.mjs';
import { gstreamerVersion } from '../harness/machine.mjs';
import { runObserved } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 6;
export const title = '6 start';

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const { streams, heap } = bench.machine;
  const job = {
    ...{
      streams: streams.slice(0, 1),
      heap,
      format: 'XRGB8888',
      width: 1280,
      height: 720,
      fps: 30,
      frames: 10,
    },
  };
  const toFirstFrame = async (command) => (await runObserved(command)).observed.toFirstFrame;
  const contestants = {
    dmaflow: () => toFirstFrame(ours(job)),
    'node -e 0': () => durationOf(process.execPath, ['-e', '0']),
    C: () => toFirstFrame(plainC(job)),
    ...(gstreamerVersion() && { GStreamer: () => toFirstFrame(gstLaunch(job)) }),
  };
  // File cache, and GStreamer's registry.
  for (const run of Object.values(contestants)) await run();
  const runs = await alternate(bench.rounds, contestants, bench.progress);
  return rowsOf(runs);
}

function rowsOf({ dmaflow, 'node -e 0': node, C, GStreamer }) {
  const about = { subject: title, case: '1280x720', unit: 'ms' };
  const withoutNode = dmaflow.map((value, round) => value - node[round]);
  const least = { ...about, metric: 'to the first frame, less node -e 0', ours: withoutNode };
  const whole = { ...about, metric: 'to the first frame', ours: dmaflow };
  const rows = [
    row({ ...about, metric: 'node -e 0', ours: node }),
    row({ ...whole, reference: 'C', referenceValues: C }),
    row({ ...least, reference: 'C', referenceValues: C }),
  ];
  if (!GStreamer) return rows;
  return [
    ...rows,
    row({ ...whole, reference: 'GStreamer', referenceValues: GStreamer }),
    row({ ...least, reference: 'GStreamer', referenceValues: GStreamer, target: { most: 1, of: 'ratio' } }),
  ];
}

function durationOf(program, args) {
  const begin = performance.now();
  execFileSync(program, args);
  return performance.now() - begin;
}
