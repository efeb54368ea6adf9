// What the board's screen shows, as QEMU sees it: PNGs by QMP's screendump while a command runs.
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const INTERVAL_MS = 1_000;
// The command restores the screen before it ends; a picture that young may show that.
const ENDING_MS = 1_500;

/**
 * Takes a picture every second from the command's start on.
 * @param {import('./board.mjs').RunningBoard} machine
 * @param {string} directory for the pictures
 */
export function watchScreen(machine, directory) {
  const pictures = [];
  let monitor;
  let timer;
  let number = 0;
  machine.started.then(async () => {
    monitor = await openMonitor(machine.qmpSocket);
    timer = setInterval(takePicture, INTERVAL_MS);
  });

  async function takePicture() {
    const path = join(directory, `screen-${number++}.png`);
    const taken = Date.now();
    if (!(await monitor.execute('screendump', { filename: path, format: 'png' }))) return;
    pictures.push({ path, taken });
    // The newest that is old enough at the end is among the last three.
    if (pictures.length > 3) rmSync(pictures.shift().path, { force: true });
  }

  return {
    /** After the machine's end: the last picture from before the command's end, or undefined. */
    lastPicture() {
      clearInterval(timer);
      const end = monitor?.closed ?? Date.now();
      const running = pictures.filter(({ taken }) => taken < end - ENDING_MS);
      return (running.at(-1) ?? pictures[0])?.path;
    },
  };
}

// QMP: a line of JSON for each command and each answer; commands are answered in order.
function openMonitor(path) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const waiting = [];
    const monitor = { closed: undefined, execute };
    socket.on('error', reject);
    socket.on('close', () => {
      monitor.closed = Date.now();
      for (const answer of waiting.splice(0)) answer(false);
    });
    createInterface({ input: socket }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.QMP) execute('qmp_capabilities').then(() => resolve(monitor));
      else if ('return' in message || message.error) waiting.shift()?.('return' in message);
    });
    function execute(command, parameters) {
      if (socket.destroyed) return Promise.resolve(false);
      socket.write(`${JSON.stringify({ execute: command, arguments: parameters })}\n`);
      return new Promise((answer) => waiting.push(answer));
    }
  });
}
