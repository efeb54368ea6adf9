// The device tree of a board whose machine has one: QEMU's own, with the board's overlay applied.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf } from '../../../scripts/lib/processes.mjs';

const overlays = join(dirname(fileURLToPath(import.meta.url)), 'device-tree');

/**
 * @param {import('./boards.mjs').Board} board
 * @param {{ memory: string, directory: string }} machine `directory` for the files
 * @returns {string | undefined} the path of the tree; undefined for a machine without one
 */
export function deviceTree(board, { memory, directory }) {
  if (!board.deviceTree) return undefined;
  const path = (name) => join(directory, name);
  const [machine, name, ...rest] = board.qemu.machine;
  const dump = [machine, `${name},dumpdtb=${path('machine.dtb')}`, ...rest, '-m', memory, '-display', 'none'];
  outputOf(board.qemu.program, dump);
  const overlay = join(overlays, board.deviceTree);
  outputOf('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', path('board.dtbo'), overlay]);
  outputOf('fdtoverlay', ['-i', path('machine.dtb'), '-o', path('board.dtb'), path('board.dtbo')]);
  return path('board.dtb');
}
