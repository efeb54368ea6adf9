// `npm run setup`: everything that the other commands would prepare themselves, the boards' kernels included.
import { prepareBoard } from '../../test/board/machine/board-files.mjs';
import { boards } from '../../test/board/machine/boards.mjs';
import { readOptions } from './options.mjs';
import { say } from './progress.mjs';
import { boardLevels } from './requirements.mjs';
import { setUp } from './set-up.mjs';

export async function setup() {
  const values = readOptions('npm run setup -- [--yes]', { yes: { type: 'boolean' } });
  const all = Object.values(boards);
  const needed = [...all.flatMap(boardLevels), 'test'];
  await setUp([...needed, 'gstreamer'], { yes: values.yes, essential: needed });
  for (const board of all) await prepareBoard(board);
  say('Everything is in place.');
}
