// `npm test`: set-up, then every layer, then one line of counts over all of them.

import { benchBoard, boards, defaultBoard } from '../../test/board/machine/boards.mjs';
import { announceKernels } from '../../test/board/machine/kernel.mjs';
import { benchRuns } from '../test/bench-layer.mjs';
import { jestOnBoard, whyNoBoard } from '../test/board-layer.mjs';
import { allBoots } from '../test/boots.mjs';
import { compileBoardTests } from '../test/compile.mjs';
import { checkTypes, jestOnHost, lint } from '../test/host-layers.mjs';
import { installedTargets, installPackage } from '../test/installed-package.mjs';
import { failure } from '../test/jest-run.mjs';
import { prepareLaterBoards } from '../test/later-boards.mjs';
import { prebuiltAddons, targetsOf } from '../test/prebuilt-layer.mjs';
import { runSideBySide } from '../test/side-by-side.mjs';
import { Failure } from './failure.mjs';
import { readOptions } from './options.mjs';
import { elapsed } from './progress.mjs';
import { boardLevels, prebuildLevel } from './requirements.mjs';
import { setUp } from './set-up.mjs';

const usage = 'npm test -- [--only LAYER]… [-t NAME-PATTERN] [--long] [--list] [--yes]';

/** That `npm run bench` runs. */
const BENCH = 'bench';
/** What the package brings along. */
const PREBUILT = 'prebuilt';
const PREBUILT_ARM = 'prebuilt-arm';

const options = {
  only: { type: 'string', multiple: true },
  testNamePattern: { type: 'string', short: 't' },
  // What takes long and seldom changes, too.
  long: { type: 'boolean' },
  // Only says which layers it would run.
  list: { type: 'boolean' },
  yes: { type: 'boolean' },
};

/** @returns {Promise<number>} 0 when nothing failed */
export async function test() {
  const values = readOptions(usage, options);
  const boots = allBoots();
  const layers = selectLayers(
    [
      'lint',
      'types',
      'unit',
      'contract',
      PREBUILT,
      'gstreamer',
      'package',
      'docs',
      ...boots.map(bootLayer),
      BENCH,
      ...(values.long || values.only ? [PREBUILT_ARM] : []),
    ],
    values.only,
  );
  if (values.list) {
    process.stdout.write(layers.map((layer) => `${layer}\n`).join(''));
    return 0;
  }
  const total = { passed: 0, failed: 0, skipped: [] };
  const add = (counts) => {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped.push(...counts.skipped);
  };

  const selection = { pattern: values.testNamePattern };
  const onBoards = boardLayers(boots, layers, selection);
  const onThese = [...new Set(onBoards.map(({ board }) => board))];
  const needsGStreamer = onThese.length > 0 || layers.includes('gstreamer');
  const levels = [
    ...onThese.flatMap(boardLevels),
    ...(onThese.length > 0 ? ['test'] : []),
    ...(layers.includes(BENCH) ? ['bench'] : []),
    // A command of the documents boots a board.
    ...(layers.includes('docs') ? boardLevels(defaultBoard) : []),
    ...(needsGStreamer ? ['gstreamer'] : []),
    ...(layers.includes(PREBUILT_ARM) ? [PREBUILT_ARM] : []),
    ...Object.keys(targetsOf)
      .filter((layer) => layers.includes(layer))
      .flatMap((layer) => targetsOf[layer].map(prebuildLevel)),
    ...(onBoards.some(({ needsPackage }) => needsPackage) ? installedTargets.map(prebuildLevel) : []),
  ];
  announceKernels(onThese);
  const clock = layerClock();
  const missing = await clock.timed('set-up', () => prepare(levels, values.yes, add));
  if (missing) {
    const endPreparing = prepareLaterBoards(onThese.slice(1));
    try {
      const run = {
        lint,
        types: checkTypes,
        unit: jestOnHost,
        contract: jestOnHost,
        gstreamer: jestOnHost,
        package: jestOnHost,
        prebuilt: prebuiltAddons,
        [PREBUILT_ARM]: prebuiltAddons,
        docs: jestOnHost,
      };
      for (const layer of layers.filter((name) => name in run)) {
        heading(layer);
        add(await clock.timed(layer, () => run[layer](layer, selection)));
      }
      if (onBoards.length > 0) await runOnBoards(onBoards, { missing, add, clock });
    } finally {
      endPreparing();
    }
  }

  if (total.skipped.length > 0) {
    process.stdout.write(`\nSkipped:\n${total.skipped.map((title) => `  ${title}\n`).join('')}`);
  }
  process.stdout.write(`\nTime: ${clock.text()}\n`);
  const { passed, failed, skipped } = total;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

// The default board's first: the others' kernels are built meanwhile, in the same order.
function boardLayers(boots, layers, selection) {
  const all = [
    // The longest of its board: it begins before the others.
    { name: BENCH, board: benchBoard, run: benchRuns },
    ...boots.map((boot) => ({
      name: bootLayer(boot),
      board: boot.board,
      why: boot.why,
      needsPackage: boot.package,
      run: (write) => jestOnBoard(boot, selection, write),
    })),
  ];
  const order = ({ board }) => Object.values(boards).indexOf(board);
  return all.filter(({ name }) => layers.includes(name)).sort((a, b) => order(a) - order(b));
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
  const whyNot = (board) => {
    if (!reasons.has(board))
      reasons.set(
        board,
        clock.timed(`board ${board.name}`, () => whyNoBoard(board, missing)),
      );
    return reasons.get(board);
  };
  compileBoardTests();
  if (layers.some(({ needsPackage }) => needsPackage))
    await clock.timed('package for the boards', installPackage);
  const runnable = layers.map(({ name, board, why, run }) => ({
    name,
    title: why ? `${name}, on the board ${board.name}: ${why}` : name,
    async run(write) {
      const reason = await whyNot(board);
      if (!reason) return clock.timed(name, () => run(write));
      if (process.env.CI) return failure(`not run: ${reason}`, write);
      write(`  ○ NOT RUN: ${reason}\n`);
      return { passed: 0, failed: 0, skipped: [`${name}, all of it: ${reason}`] };
    },
  }));
  for (const counts of await runSideBySide(runnable, heading)) add(counts);
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
