/** C files of this folder, compiled on the board when a test needs them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from './program';

let folder: string | undefined;

/** The path of a program, or of a library with `-shared`. */
export function compiled(name: string, ...flags: string[]): string {
  folder ??= mkdtempSync(join(tmpdir(), 'native-helper-'));
  const output = join(folder, name);
  const source = join(checkout, 'test/support/board', `${name}.c`);
  if (!existsSync(output)) execFileSync('cc', ['-Wall', '-Werror', ...flags, '-o', output, source]);
  return output;
}
