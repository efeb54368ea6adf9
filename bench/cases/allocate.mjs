// Subject 4: rates of allocating and freeing, and of empty accesses by the CPU.
import { programs } from '../harness/build.mjs';
import { subject } from '../harness/contestants.mjs';
import { runObserved } from '../harness/program.mjs';
import { alternate } from '../harness/rounds.mjs';
import { row } from '../harness/rows.mjs';

export const number = 4;
export const title = '4 allocate and access';

const KIB = 1024;
const LENGTHS = {
  '4 KiB': 4 * KIB,
  '1 MiB': KIB * KIB,
  '3 MiB (1080p NV12)': (1920 * 1080 * 3) / 2,
  '8 MiB': 8 * KIB * KIB,
};
const MOST_SLOWDOWN_OF_A_SCOPE = 3;
const LEAST_RATE = 0.9;

/** @param {import('../run.mjs').Bench} bench @returns {Promise<import('../harness/rows.mjs').Row[]>} */
export async function measure(bench) {
  const seconds = bench.quick ? 0.3 : 1;
  const heaps = ['system', bench.machine.heap];
  const jobs = heaps.flatMap((heap) =>
    Object.entries(LENGTHS).map(([size, length]) => ({ heap, length, seconds, what: 'alloc', size })),
  );
  for (const heap of heaps) jobs.push({ heap, length: LENGTHS['3 MiB (1080p NV12)'], seconds, what: 'sync' });
  const contestants = {
    dmaflow: async () => (await runObserved(subject('alloc', jobs))).figures.results,
    C: () => inTurn(jobs),
  };
  const runs = await alternate(bench.rounds, contestants, bench.progress);
  return jobs.map((job, index) => rowOf(job, runs.dmaflow.map(each(index)), runs.C.map(each(index))));
}

async function inTurn(jobs) {
  const results = [];
  for (const { heap, length, seconds, what } of jobs) {
    const command = [programs.alloc, heap, String(length), String(seconds), what];
    results.push((await runObserved(command)).figures);
  }
  return results;
}

const each = (index) => (results) => results[index];

function rowOf({ heap, length, what, size }, ours, referenceValues) {
  const values = (of) => ({ ours: ours.map(of), reference: 'C', referenceValues: referenceValues.map(of) });
  if (what === 'sync') {
    return row({
      ...{ subject: title, case: `empty read scope, ${heap}`, metric: 'time', unit: 'us' },
      ...values(({ operations, seconds }) => (1e6 * seconds) / operations),
      reference: 'two bare ioctls in C',
      target: { most: MOST_SLOWDOWN_OF_A_SCOPE, of: 'ratio' },
    });
  }
  return row({
    ...{ subject: title, case: `${size}, ${heap}`, metric: 'allocate and free', unit: '1/s' },
    ...values(({ operations, seconds }) => operations / seconds),
    ...(length >= KIB * KIB && { target: { least: LEAST_RATE, of: 'ratio' } }),
  });
}
