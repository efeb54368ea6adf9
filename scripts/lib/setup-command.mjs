// `npm run setup`: everything that the other commands would prepare themselves, the board's kernel included.
import { defaultBoard } from '../../test/board/machine/boards.mjs';
import { boardKernel } from '../../test/board/machine/kernel.mjs';
import { readOptions } from './options.mjs';
import { say } from './progress.mjs';
import { setUp } from './set-up.mjs';

export async function setup() {
  const values = readOptions('npm run setup -- [--yes]', { yes: { type: 'boolean' } });
  await setUp(['board', 'test', 'gstreamer'], { yes: values.yes, essential: ['board', 'test'] });
  await boardKernel(defaultBoard);
  say('Everything is in place.');
}
