// The layer of `npm test` that needs a real kernel: each boot of the emulated board runs its tests with one jest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOnBoard, TIMED_OUT } from '../../test/board/machine/board.mjs';
import { prepareBoard } from '../../test/board/machine/board-files.mjs';
import { Failure } from '../lib/failure.mjs';
import { boardLevels } from '../lib/requirements.mjs';
import { failure, jestCommand, readCounts } from './jest-run.mjs';
import { compilePrograms } from './programs.mjs';

const RESULTS = 'results.json';

/**
 * Prepares a board, and says why there can be none here where that fails.
 * @param {import('../../test/board/machine/boards.mjs').Board} board
 * @param {import('../lib/requirements.mjs').Requirement[]} missing on this system
 * @returns {Promise<string | undefined>}
 */
export async function whyNoBoard(board, missing) {
  const wanted = [...boardLevels(board), 'test'];
  const needed = missing.filter(({ levels }) => levels.some((level) => wanted.includes(level)));
  if (needed.length > 0) return `this system lacks ${needed.map(({ purpose }) => purpose).join('; ')}`;
  try {
    await prepareBoard(board);
    compilePrograms(board);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/**
 * @param {import('./boots.mjs').Boot} boot
 * @param {{ pattern?: string }} selection
 * @param {import('./side-by-side.mjs').Write} write
 * @returns {Promise<import('./jest-run.mjs').Counts>}
 */
export async function jestOnBoard(boot, selection, write) {
  const out = mkdtempSync(join(tmpdir(), 'dmaflow-test-'));
  try {
    const status = await runJest(boot, selection, out, write);
    if (status === TIMED_OUT) {
      return failure(`the tests did not end within ${boot.timeout} s (boot.json's timeout)`, write);
    }
    return readCounts(join(out, RESULTS), status, selection, write);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

// A machine that stops or does not start is a failure of its layer, not the end of `npm test`.
async function runJest(boot, selection, out, write) {
  try {
    const { status } = await runOnBoard({
      command: jestCommand(['--runInBand', '--passWithNoTests'], selection),
      ...boot,
      out,
      environment: { DMAFLOW_BOOT: boot.name, DMAFLOW_TEST_RESULTS: `/run/out/${RESULTS}` },
      onStdout: write,
      onStderr: write,
    });
    return status;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    write(`${error.message}\n`);
    return 1;
  }
}
