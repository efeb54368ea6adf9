// `npm run bench`: builds what is compared, runs it on the board (or here), reports.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Failure } from '../scripts/lib/failure.mjs';
import { readOptions } from '../scripts/lib/options.mjs';
import { buildDirectory, checkout, onBoard } from '../scripts/lib/paths.mjs';
import { runForeground } from '../scripts/lib/processes.mjs';
import { say } from '../scripts/lib/progress.mjs';
import { boardLevels } from '../scripts/lib/requirements.mjs';
import { setUp } from '../scripts/lib/set-up.mjs';
import { onTermination } from '../scripts/lib/termination.mjs';
import { runOnBoard } from '../test/board/machine/board.mjs';
import { benchBoard } from '../test/board/machine/boards.mjs';
import { bootsOf, casesOf, numbers } from './cases/index.mjs';
import { buildReferences } from './harness/build.mjs';
import { writeReport } from './harness/report.mjs';

const usage =
  'npm run bench -- [--quick] [--only N]… [--long] [--here] [--clock real|virtual] [--out DIR] [--list] ' +
  '[--no-build] [--yes]';

const options = {
  quick: { type: 'boolean' },
  only: { type: 'string', multiple: true },
  long: { type: 'boolean' },
  here: { type: 'boolean' },
  // `virtual`: the board counts instructions, and what else runs on the host changes no figure.
  clock: { type: 'string', default: 'real' },
  out: { type: 'string' },
  // Only says which subjects it would run.
  list: { type: 'boolean' },
  // What is built, as with `npm run board`.
  'no-build': { type: 'boolean' },
  yes: { type: 'boolean' },
};

const program = join(checkout, 'bench/run.mjs');
const results = join(checkout, 'bench/results');
// A quick run shows that it runs; its figures replace none.
const quickResults = join(buildDirectory, 'bench/results');

/** @returns {Promise<number>} 0 when all of it ran, whatever the figures are */
export async function bench() {
  if (onBoard) throw new Failure('This is the board already; the benchmark boots it itself.');
  const values = readOptions(usage, options);
  if (!['virtual', 'real'].includes(values.clock)) {
    throw new Failure(`--clock is virtual or real, not '${values.clock}'.`, { exitCode: 2 });
  }
  const selection = { only: readSubjects(values.only), long: values.long };
  if (values.list) {
    process.stdout.write(
      casesOf(selection)
        .map(({ title }) => `${title}\n`)
        .join(''),
    );
    return 0;
  }
  const boardsOwn = values.here ? [] : boardLevels(benchBoard);
  await setUp([...boardsOwn, 'bench'], { yes: values.yes, build: !values['no-build'], essential: boardsOwn });
  buildReferences();

  const directory = mkdtempSync(join(tmpdir(), 'dmaflow-bench-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const release = onTermination(remove);
  try {
    let machine;
    const rows = [];
    for (const boot of bootsOf(selection)) {
      const run = await runBoot(boot, directory, {
        ...selection,
        quick: values.quick,
        here: values.here,
        clock: values.clock,
      });
      machine ??= run.machine;
      rows.push(...run.rows);
    }
    const out = values.out ?? (values.quick ? quickResults : results);
    const command = `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`;
    writeReport(out, { machine, command, date: new Date().toISOString(), rows });
    say(`Results: ${relative(process.cwd(), join(out, 'latest.md'))}`);
    return 0;
  } finally {
    release();
    remove();
  }
}

async function runBoot({ name, append }, directory, { here, clock, ...selection }) {
  const out = join(directory, name);
  mkdirSync(out);
  const job = JSON.stringify({ ...selection, boot: name });
  const status = here
    ? await runForeground(process.execPath, [program, out, job])
    : await boardRun([process.execPath, program, '/run/out', job], { out, append, clock });
  if (status !== 0) throw new Failure(`The benchmark ended with exit status ${status}.`);
  return JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8'));
}

async function boardRun(command, { out, append, clock }) {
  const { status } = await runOnBoard({
    board: benchBoard,
    command,
    append: append.join(' '),
    clock,
    out,
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  return status;
}

function readSubjects(texts) {
  if (!texts) return undefined;
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      if (numbers.includes(Number(text))) return Number(text);
      throw new Failure(`--only takes the number of a subject, ${numbers.join(', ')}, not '${text}'.`, {
        exitCode: 2,
      });
    });
}
