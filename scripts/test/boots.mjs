// The boots of the board tests: each folder of test/board with tests in it is one, booted as its boot.json says.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boardNamed } from '../../test/board/machine/boards.mjs';
import { Failure } from '../lib/failure.mjs';
import { checkout } from '../lib/paths.mjs';

const folder = join(checkout, 'test/board');
/** For what hangs: a busy machine takes a quarter of an hour for what an idle one does in a minute. */
const DEFAULT_TIMEOUT_S = 3000;
const KEYS = ['board', 'why', 'append', 'memory', 'timeout', 'devices', 'clock', 'contract', 'package'];

/**
 * @typedef {object} Boot
 * @property {string} name the folder's
 * @property {import('../../test/board/machine/boards.mjs').Board} board
 * @property {string} [why] what the tests need that the default board's kernel does not have; stated where it is another's
 * @property {string} [append] further kernel arguments
 * @property {string} [memory]
 * @property {number} timeout seconds for all its tests
 * @property {string[]} [devices]
 * @property {'real' | 'virtual'} [clock]
 * @property {boolean} [contract] the contract suite runs in this boot too
 * @property {boolean} [package] it needs build/installed (installed-package.mjs)
 */

/** @returns {Boot[]} */
export function allBoots() {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && hasTests(join(folder, entry.name)))
    .map(({ name }) => {
      const settings = readSettings(name);
      return { name, timeout: DEFAULT_TIMEOUT_S, ...settings, board: boardNamed(settings.board) };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

function readSettings(name) {
  const path = join(folder, name, 'boot.json');
  if (!existsSync(path)) return {};
  const settings = JSON.parse(readFileSync(path, 'utf8'));
  const unknown = Object.keys(settings).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) {
    throw new Failure(`${path}: unknown key ${unknown.join(', ')}; there are ${KEYS.join(', ')}.`);
  }
  if ((settings.board === undefined) !== (settings.why === undefined)) {
    throw new Failure(`${path}: a boot on another board than the default one says why, and only such a one.`);
  }
  return settings;
}

function hasTests(directory) {
  return readdirSync(directory, { recursive: true }).some((name) => name.endsWith('.test.ts'));
}
