// The C programs that tests run on a board, compiled for its processor into build/test-programs.
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildDirectory, checkout } from '../lib/paths.mjs';
import { outputOf } from '../lib/processes.mjs';
import { arm64Target, toolOf } from '../prebuild/targets.mjs';

const PROGRAMS = ['heap-request'];

/** @param {import('../../test/board/machine/boards.mjs').Board} board */
export function compilePrograms(board) {
  const directory = join(buildDirectory, 'test-programs', board.root ?? process.arch);
  const compiler = board.root ? toolOf(arm64Target, 'gcc') : 'gcc';
  mkdirSync(directory, { recursive: true });
  for (const name of PROGRAMS) {
    const source = join(checkout, 'test/support/board', `${name}.c`);
    const program = join(directory, name);
    if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) continue;
    // Static: the board's C library may be older than this machine's.
    outputOf(compiler, ['-static', '-O1', '-Wall', '-Wextra', '-Werror', '-o', `${program}.new`, source]);
    renameSync(`${program}.new`, program);
  }
}
