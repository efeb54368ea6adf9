// `npm start`: the camera's picture on the display; on an emulated board where this machine's own cannot be used.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { boardFiles } from '../../test/board/machine/board-files.mjs';
import { defaultBoard } from '../../test/board/machine/boards.mjs';
import { Failure } from './failure.mjs';
import { readNumber, readOptions, readSize } from './options.mjs';
import { runForeground } from './processes.mjs';
import { elapsed, say } from './progress.mjs';
import { boardLevels, hasQemuWindow } from './requirements.mjs';
import { sampleProgram } from './sample-command.mjs';
import { setUp } from './set-up.mjs';
import { showOnBoard } from './start-board.mjs';
import { whyNotHere } from './this-machine.mjs';

const usage =
  'npm start -- [--here | --board] [--frames N] [--device PATH] [--size WxH] [--no-window] [--yes]';

const options = {
  // On this machine's own devices, or not at all.
  here: { type: 'boolean' },
  board: { type: 'boolean' },
  frames: { type: 'string' },
  device: { type: 'string' },
  size: { type: 'string' },
  'no-window': { type: 'boolean' },
  yes: { type: 'boolean' },
};

const DEFAULT_FRAMES = 300;
const DEFAULT_SIZE = { width: 1280, height: 720 };
const PICTURE = 'camera-to-display.png';

const WORTH_TELLING_MS = 5_000;

/** @returns {Promise<number>} the sample's exit status */
export async function start() {
  const values = readOptions(usage, options);
  const frames = readNumber('frames', values.frames, { minimum: 1, integer: true }) ?? DEFAULT_FRAMES;
  const size = readSize('size', values.size) ?? DEFAULT_SIZE;
  const picture = join(process.cwd(), PICTURE);
  const job = {
    program: sampleProgram('camera-to-display'),
    frames,
    size,
    picture,
    camera: values.device ? ['--device', values.device] : undefined,
  };

  if (values.board && values.here) throw new Failure('Either --board or --here.', { exitCode: 2 });
  const reason = values.board ? undefined : whyNotHere({ device: values.device });
  if (reason && values.here) {
    throw new Failure(
      `Not on this machine's own devices: ${reason}.\n'npm start -- --board' shows the picture on an emulated board.`,
    );
  }
  const begun = Date.now();
  let status;
  if (values.board || reason) {
    if (reason)
      say(
        `${reason[0].toUpperCase()}${reason.slice(1)}. So the picture is shown on an emulated board (--board).`,
      );
    status = await showOnNewBoard(job, { yes: values.yes, mayHaveWindow: !values['no-window'] });
  } else {
    await setUp([], { yes: values.yes });
    status = await showHere(job);
  }
  const isNew = (statSync(picture, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun;
  if (status === 0 && isNew) say(`What the display showed: ${picture}`);
  return status;
}

async function showOnNewBoard(job, { yes, mayHaveWindow }) {
  const wantsWindow = mayHaveWindow && Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  const begun = Date.now();
  await setUp([...boardLevels(defaultBoard), ...(wantsWindow ? ['window'] : [])], {
    yes,
    essential: boardLevels(defaultBoard),
    beside: (tools) => boardFiles(defaultBoard, { tools }),
  });
  const took = Date.now() - begun;
  if (took > WORTH_TELLING_MS)
    say(`Everything is in place after ${elapsed(took)}; the next time it is there already.`);
  const window = wantsWindow && hasQemuWindow();
  if (wantsWindow && !window) say('QEMU has no window here (package qemu-system-gui); going on without one.');
  return showOnBoard(job, { window });
}

function showHere({ program, frames, size, picture, camera = [] }) {
  const wanted = ['--frames', String(frames), '--size', `${size.width}x${size.height}`, '--png', picture];
  return runForeground(process.execPath, [program, ...wanted, ...camera]);
}
