// `npm test`: set-up, then every layer, then one line of counts over all of them.

import { defaultBoard } from '../../test/board/machine/boards.mjs';
import { benchRuns } from '../test/bench-layer.mjs';
import { jestOnBoard, whyNoBoard } from '../test/board-layer.mjs';
import { allBoots } from '../test/boots.mjs';
import { compileBoardTests } from '../test/compile.mjs';
import { checkTypes, jestOnHost, lint } from '../test/host-layers.mjs';
import { failure } from '../test/jest-run.mjs';
import { Failure } from './failure.mjs';
import { readOptions } from './options.mjs';
import { elapsed } from './progress.mjs';
import { boardLevels } from './requirements.mjs';
import { setUp } from './set-up.mjs';

const usage = 'npm test -- [--only LAYER]… [-t NAME-PATTERN] [--yes]';

/** That `npm run bench` runs. */
const BENCH = 'bench';

const options = {
  only: { type: 'string', multiple: true },
  testNamePattern: { type: 'string', short: 't' },
  yes: { type: 'boolean' },
};

/** @returns {Promise<number>} 0 when nothing failed */
export async function test() {
  const values = readOptions(usage, options);
  const boots = allBoots();
  const layers = selectLayers(
    ['lint', 'types', 'unit', 'contract', 'gstreamer', ...boots.map(bootLayer), BENCH],
    values.only,
  );
  const total = { passed: 0, failed: 0, skipped: [] };
  const add = (counts) => {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped);
  };

  const selected = boots.filter((boot) => layers.includes(bootLayer(boot)));
  const withBench = layers.includes(BENCH);
  const needsBoard = selected.length > 0 || withBench;
  const needsGStreamer = needsBoard || layers.includes('gstreamer');
  const levels = [
    ...selected.flatMap(({ board }) => boardLevels(board)),
    ...(needsBoard ? ['test'] : []),
    ...(withBench ? [...boardLevels(defaultBoard), 'bench'] : []),
    ...(needsGStreamer ? ['gstreamer'] : []),
  ];
  const clock = layerClock();
  const missing = await clock.timed('set-up', () => prepare(levels, values.yes, add));
  if (missing) {
    const selection = { pattern: values.testNamePattern };
    const run = { lint, types: checkTypes, unit: jestOnHost, contract: jestOnHost, gstreamer: jestOnHost };
    for (const layer of layers.filter((name) => name in run)) {
      heading(layer);
      add(await clock.timed(layer, () => run[layer](layer, selection)));
    }
    const onBoards = [
      ...selected.map((boot) => ({
        name: bootLayer(boot),
        board: boot.board,
        run: () => jestOnBoard(boot, selection),
      })),
      ...(withBench ? [{ name: BENCH, board: defaultBoard, run: benchRuns }] : []),
    ];
    if (onBoards.length > 0) await runOnBoards(onBoards, { missing, add, clock });
  }

  if (total.skipped.length > 0) {
    process.stdout.write(`\nSkipped:\n${total.skipped.map((title) => `  ${title}\n`).join('')}`);
  }
  process.stdout.write(`\nTime: ${clock.text()}\n`);
  const { passed, failed, skipped } = total;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

// Gives what is missing on the system; undefined when nothing can be tested.
async function prepare(levels, yes, add) {
  try {
    return await setUp(levels, { yes, essential: [] });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    heading('set-up');
    add(failure(error.message));
    return undefined;
  }
}

// Without a board its tests have failed in CI; a contributor without QEMU may go on.
async function runOnBoards(layers, { missing, add, clock }) {
  const reasons = new Map();
  compileBoardTests();
  for (const { name, board, run } of layers) {
    heading(name);
    if (!reasons.has(board)) {
      reasons.set(board, await clock.timed(`board ${board.name}`, () => whyNoBoard(board, missing)));
    }
    const reason = reasons.get(board);
    if (!reason) add(await clock.timed(name, run));
    else if (process.env.CI) add(failure(`not run: ${reason}`));
    else {
      process.stdout.write(`  ○ NOT RUN: ${reason}\n`);
      add({ passed: 0, failed: 0, skipped: [`${name}, all of it: ${reason}`] });
    }
  }
}

function selectLayers(all, only) {
  if (!only) return all;
  const wanted = only.flatMap((names) => names.split(','));
  const matches = (layer, name) => layer === name || layer.startsWith(`${name}/`);
  const unknown = wanted.filter((name) => !all.some((layer) => matches(layer, name)));
  if (unknown.length > 0) {
    const complaint = `There is no layer '${unknown.join("', '")}'. The layers are ${all.join(', ')}.`;
    throw new Failure(complaint, { exitCode: 2 });
  }
  return all.filter((layer) => wanted.some((name) => matches(layer, name)));
}

// Where the time of a run goes; `board NAME` is its kernel, root and addon.
function layerClock() {
  const times = [];
  return {
    async timed(name, body) {
      const begun = Date.now();
      try {
        return await body();
      } finally {
        times.push(`${name} ${elapsed(Date.now() - begun)}`);
      }
    },
    text: () => times.join(', '),
  };
}

function bootLayer({ name }) {
  return `board/${name}`;
}

function heading(text) {
  process.stdout.write(`\n${text}\n`);
}
