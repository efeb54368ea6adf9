// What a board is booted from: a kernel and a root, with the addon for it.
import { arm64Root } from '../../../scripts/lib/arm64-root.mjs';
import { buildPrebuilt } from '../../../scripts/prebuild/addons.mjs';
import { arm64Target } from '../../../scripts/prebuild/targets.mjs';
import { boardKernel } from './kernel.mjs';

/**
 * Takes from the cache, or makes, the board's kernel and its root.
 * @param {import('./boards.mjs').Board} board
 * @param {{ tools?: Promise<void> }} [options] `tools`: resolves when compilers and the like are installed
 * @returns {Promise<{ kernel: string, initramfs?: string, root: string }>} the paths; `root` is / where the board shares the host's
 */
export async function boardFiles(board, options) {
  const { image, initramfs } = await boardKernel(board, options);
  return { kernel: image, initramfs, root: board.root ? await arm64Root() : '/' };
}

/** All that a board needs before it can run programs of the checkout as it is now, beside the checkout's own set-up. */
export async function prepareBoard(board) {
  await boardFiles(board);
  if (board.root) await buildPrebuilt(arm64Target);
}
