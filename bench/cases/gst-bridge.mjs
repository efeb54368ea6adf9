// Subject 9: what frames of GStreamer cost on their way into the graph, and through it back into GStreamer.
import { programs } from '../harness/build.mjs';
import { subject } from '../harness/contestants.mjs';
import { runObserved } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 9;
export const title = '9 GStreamer bridge';

/** How much more CPU a frame may cost than in a C program with appsink and appsrc. */
const WAYS = { in: 1.2, both: 2 };
const FRAMES = { quick: 500, long: 3000 };

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const frames = bench.quick ? FRAMES.quick : FRAMES.long;
  const rows = [];
  for (const [way, most] of Object.entries(WAYS)) {
    const contestants = {
      dmaflow: async () => (await runObserved(subject('gst-bridge', { way, frames }))).figures.microseconds,
      C: async () => (await runObserved([programs.gstBridge, way, String(frames)])).figures.microseconds,
    };
    const { dmaflow, C } = await alternate(bench.rounds, contestants, bench.progress);
    rows.push(
      row({
        ...{
          subject: title,
          case: way === 'in' ? 'into the graph' : 'in and out again',
          metric: 'CPU a frame',
        },
        ...{ unit: 'us', ours: dmaflow, reference: 'C with appsink, appsrc', referenceValues: C },
        target: { most, of: 'ratio' },
      }),
    );
  }
  return rows;
}
