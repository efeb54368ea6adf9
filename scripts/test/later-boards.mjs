// The boards that `npm test` comes to later: their kernels are built beside the tests before, by what these leave of the
// processors.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { hasKernel } from '../../test/board/machine/kernel.mjs';
import { checkout, logDirectory } from '../lib/paths.mjs';
import { say } from '../lib/progress.mjs';
import { onTermination } from '../lib/termination.mjs';

/** The boots before run on the real clock; but on a busy machine the kernels have to be done when they are needed. */
const NICENESS = '10';

/**
 * Whoever needs such a board waits for its lock, and prepares it himself where this failed.
 * @param {Iterable<import('../../test/board/machine/boards.mjs').Board>} boards in the order in which they are needed
 * @returns {() => void} ends it
 */
export function prepareLaterBoards(boards) {
  const names = [...boards].filter((board) => !hasKernel(board)).map(({ name }) => name);
  if (names.length === 0) return () => {};
  const log = join(logDirectory, 'later-boards.log');
  say(`Beside the tests kernels are built for the boards that come later: ${names.join(', ')} (${log}).`);
  mkdirSync(logDirectory, { recursive: true });
  const output = openSync(log, 'w');
  const set = [join(checkout, 'scripts/setup.mjs'), ...names.flatMap((name) => ['--board', name])];
  // A group of its own, to end make and its compilers too.
  const child = spawn('nice', ['-n', NICENESS, process.execPath, ...set], {
    cwd: checkout,
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  let over = false;
  for (const event of ['error', 'exit']) {
    child.on(event, () => {
      over = true;
    });
  }
  child.unref();
  const end = () => {
    if (!over && child.pid) process.kill(-child.pid, 'SIGTERM');
    over = true;
  };
  const release = onTermination(end);
  return () => {
    release();
    end();
  };
}
