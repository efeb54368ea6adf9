// `npm start`: the camera's picture on the display; on the emulated board where this machine lacks one of them.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readNumber, readOptions, readSize } from './options.mjs';
import { checkout } from './paths.mjs';
import { outputOf, runForeground } from './processes.mjs';
import { say } from './progress.mjs';
import { hasQemuWindow } from './requirements.mjs';
import { sampleProgram } from './sample-command.mjs';
import { setUp } from './set-up.mjs';
import { showOnBoard } from './start-board.mjs';

const usage = 'npm start -- [--frames N] [--device PATH] [--size WxH] [--no-window] [--yes]';

const options = {
  frames: { type: 'string' },
  device: { type: 'string' },
  size: { type: 'string' },
  'no-window': { type: 'boolean' },
  yes: { type: 'boolean' },
};

const DEFAULT_FRAMES = 300;
const DEFAULT_SIZE = { width: 1280, height: 720 };
const PICTURE = 'camera-to-display.png';

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

  const yes = values.yes;
  const wantsWindow = !values['no-window'] && Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  const boardLevels = wantsWindow ? ['board', 'window'] : ['board'];
  // Where there cannot be a camera or a display, all system packages are installed at once.
  const noNodes = lackingNodes();
  await setUp(noNodes ? boardLevels : [], { yes, essential: ['board'] });

  const lacking = noNodes ?? lackingDevices(values.device);
  const begun = Date.now();
  let status;
  if (lacking) {
    say(`This machine has ${lacking}; the emulated board has both.`);
    if (!noNodes) await setUp(boardLevels, { yes, essential: ['board'] });
    const window = wantsWindow && hasQemuWindow();
    if (wantsWindow && !window)
      say('QEMU has no window here (package qemu-system-gui); going on without one.');
    status = await showOnBoard(job, { window });
  } else {
    status = await showHere(job);
  }
  const isNew = (statSync(picture, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun;
  if (status === 0 && isNew) say(`What the display showed: ${picture}`);
  return status;
}

function showHere({ program, frames, size, picture, camera = [] }) {
  const wanted = ['--frames', String(frames), '--size', `${size.width}x${size.height}`, '--png', picture];
  return runForeground(process.execPath, [program, ...wanted, ...camera]);
}

// What this machine lacks as far as its device nodes show, before anything is built; undefined when it may have all.
function lackingNodes() {
  return lack(hasNodes('/dev', /^video\d/), hasNodes('/dev/dri', /^card\d/));
}

function lackingDevices(device) {
  const command = [join(checkout, 'dist/cli/main.js'), 'devices', '--json'];
  const { cameras, displays } = JSON.parse(outputOf(process.execPath, command));
  const hasCamera = cameras.some(({ path, permitted }) => permitted && (!device || path === device));
  const hasDisplay = displays.some(({ permitted, connectors }) => {
    return permitted && connectors.some(({ connected }) => connected);
  });
  return lack(hasCamera, hasDisplay);
}

function lack(hasCamera, hasDisplay) {
  if (hasCamera && hasDisplay) return undefined;
  if (hasCamera) return 'no connected display';
  return hasDisplay ? 'no camera' : 'neither a camera nor a connected display';
}

function hasNodes(directory, pattern) {
  return existsSync(directory) && readdirSync(directory).some((name) => pattern.test(name));
}
