// The benchmark on the machine that has the devices: the subjects in order, the table, the report.
//
//   node bench/run.mjs OUT '{"quick":true,"only":[1,4],"long":false,"boot":"one-camera","command":"npm run bench"}'
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../scripts/lib/failure.mjs';
import { casesOf } from './cases/index.mjs';
import { describeMachine, findMachine } from './harness/machine.mjs';
import { table } from './harness/text.mjs';

const ROUNDS = 5;
const QUICK_ROUNDS = 1;

/**
 * @typedef {object} Bench
 * @property {boolean} quick
 * @property {number} rounds
 * @property {import('./harness/machine.mjs').Machine} machine
 * @property {(text: string) => void} progress
 */

await runScript(async () => {
  const [out, options] = process.argv.slice(2);
  const { quick, only, long, boot } = JSON.parse(options);
  const machine = findMachine(boot);
  const rows = [];
  for (const subject of casesOf({ only, long, boot })) {
    const bench = {
      quick,
      rounds: quick ? QUICK_ROUNDS : ROUNDS,
      machine,
      progress: (text) => process.stderr.write(`${subject.title}: ${text}\n`),
    };
    const own = await subject.measure(bench);
    process.stdout.write(`\n${table(own)}\n\n`);
    rows.push(...own);
    // After each subject: what was measured stays if a later one fails.
    writeFileSync(join(out, `${boot}.json`), JSON.stringify({ machine: describeMachine(), rows }));
  }
});
