// The layer of `npm test` that needs a real kernel: each boot of the emulated board runs its tests with one jest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOnBoard, STOPPED, TIMED_OUT } from '../../test/board/machine/board.mjs';
import { defaultBoard } from '../../test/board/machine/boards.mjs';
import { boardKernel } from '../../test/board/machine/kernel.mjs';
import { Failure } from '../lib/failure.mjs';
import { failure, jestCommand, readCounts } from './jest-run.mjs';

/** Why there can be no board here, or undefined. @param {import('../lib/requirements.mjs').Requirement[]} missing */
export async function whyNoBoard(missing) {
  const needed = missing.filter(({ levels }) => levels.includes('board') || levels.includes('test'));
  if (needed.length > 0) return `this system lacks ${needed.map(({ purpose }) => purpose).join('; ')}`;
  try {
    await boardKernel(defaultBoard);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** @param {import('./boots.mjs').Boot} boot @returns {Promise<import('./jest-run.mjs').Counts>} */
export async function jestOnBoard(boot, selection) {
  const out = mkdtempSync(join(tmpdir(), 'dmaflow-test-'));
  const results = join(out, 'results.json');
  try {
    const { status } = await runOnBoard({
      command: jestCommand(['--runInBand', '--passWithNoTests'], selection),
      ...boot,
      out,
      environment: { DMAFLOW_BOOT: boot.name, DMAFLOW_TEST_RESULTS: '/run/out/results.json' },
      onStdout: (chunk) => process.stdout.write(chunk),
      onStderr: (chunk) => process.stderr.write(chunk),
    });
    if (status === TIMED_OUT)
      return failure(`the tests did not end within ${boot.timeout} s (boot.json's timeout)`);
    if (status === STOPPED) return failure('stopped');
    return readCounts(results, status, selection);
  } catch (error) {
    if (error instanceof Failure) return failure(error.message);
    throw error;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
