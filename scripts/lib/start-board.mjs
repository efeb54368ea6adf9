// camera-to-display on the emulated board: with the board's screen in a window, or with vkms, whose writeback
// connector gives the picture.
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOnBoard } from '../../test/board/machine/board.mjs';
import { watchScreen } from '../../test/board/machine/screen.mjs';
import { userTerminal } from '../../test/board/machine/terminal.mjs';
import { beginStep } from './progress.mjs';
import { onTermination } from './termination.mjs';

/**
 * @param {{ program: string, frames: number, size: { width: number, height: number }, picture: string,
 *   camera?: string[] }} job
 * @param {{ window: boolean }} options
 * @returns {Promise<number>} the sample's exit status
 */
export async function showOnBoard({ program, frames, size, picture, camera }, { window }) {
  const out = mkdtempSync(join(tmpdir(), 'dmaflow-start-'));
  const removeOut = () => rmSync(out, { recursive: true, force: true });
  const release = onTermination(removeOut);
  const { width, height } = size;
  const display = window ? ['--card', 'bochs-drm'] : ['--card', 'vkms', '--png', '/run/out/display.png'];
  const wanted = ['--frames', String(frames), '--size', `${width}x${height}`];
  const onTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  let machine;
  let screen;
  try {
    const { status } = await runOnBoard({
      command: [process.execPath, program, ...(camera ?? ['--driver', 'vivid']), ...wanted, ...display],
      devices: window ? [`bochs-display,vgamem=32M,xres=${width},yres=${height}`] : [],
      display: window ? 'gtk' : 'none',
      out,
      onStdout: (chunk) => process.stdout.write(chunk),
      onStderr: (chunk) => process.stderr.write(chunk),
      terminal: onTerminal
        ? userTerminal({ onLeave: () => machine?.stop(), leaveByInterrupts: true })
        : undefined,
      onMachine(running) {
        machine = running;
        const starting = beginStep('Starting the emulated board');
        running.started.then(() => starting.done());
        if (window) screen = watchScreen(running, out);
      },
    });
    const shown = window ? await screen.lastPicture() : join(out, 'display.png');
    if (status === 0 && shown && existsSync(shown)) replace(picture, shown);
    return status;
  } finally {
    release();
    removeOut();
  }
}

// At once, also from another file system.
function replace(path, source) {
  const beside = `${path}.new`;
  copyFileSync(source, beside);
  renameSync(beside, path);
}
