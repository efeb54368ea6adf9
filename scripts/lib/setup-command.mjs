// `npm run setup`: everything that the other commands would prepare themselves, the boards' kernels included.
import { prepareBoard } from '../../test/board/machine/board-files.mjs';
import { boardNamed, boards } from '../../test/board/machine/boards.mjs';
import { announceKernels } from '../../test/board/machine/kernel.mjs';
import { readOptions } from './options.mjs';
import { say } from './progress.mjs';
import { boardLevels } from './requirements.mjs';
import { setUp } from './set-up.mjs';

const usage = 'npm run setup -- [--board NAME]… [--yes]';

const options = {
  // All when absent.
  board: { type: 'string', multiple: true },
  yes: { type: 'boolean' },
};

export async function setup() {
  const values = readOptions(usage, options);
  const chosen = values.board?.map(boardNamed) ?? Object.values(boards);
  const needed = [...chosen.flatMap(boardLevels), 'test'];
  announceKernels(chosen);
  await setUp([...needed, 'gstreamer'], { yes: values.yes, essential: needed });
  for (const board of chosen) await prepareBoard(board);
  say('Everything is in place.');
}
