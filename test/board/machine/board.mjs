// Boots a board, runs one command in it and gives its exit status.
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { isAlive } from '../../../scripts/lib/lock.mjs';
import { checkout } from '../../../scripts/lib/paths.mjs';
import { tailOf } from '../../../scripts/lib/processes.mjs';
import { onTermination } from '../../../scripts/lib/termination.mjs';
import { boardFiles } from './board-files.mjs';
import { defaultBoard } from './boards.mjs';
import { deviceTree } from './device-tree.mjs';
import { readStatus, writeJob } from './job.mjs';
import { openPorts } from './ports.mjs';
import { acceleration, consolePath, qemuArguments, socketPath, startQemu } from './qemu.mjs';
import { passSignalsOn } from './signals.mjs';

const init = join(dirname(fileURLToPath(import.meta.url)), 'init.sh');

// Some seconds on an idle machine; a busy one takes its time.
const BOOT_LIMIT_MS = 600_000;
const GRACE_MS = 5_000;
const DIRECTORY_PREFIX = 'dmaflow-board-';

/** Exit statuses of a command that did not end by itself: its time was up (as timeout(1)), the user stopped it. */
export const TIMED_OUT = 124;
export const STOPPED = 130;

/**
 * @typedef {object} BoardRun
 * @property {string[]} command program and arguments
 * @property {import('./boards.mjs').Board} [board]
 * @property {string} [append] further kernel arguments; they win over the board's own
 * @property {number} [timeout] seconds for the command, the boot not counted; none when absent
 * @property {string} [memory] as QEMU's -m, 2G when absent
 * @property {string[]} [devices] further devices: names of boards.mjs, or what QEMU's -device takes
 * @property {string} [display] QEMU's -display, `none` when absent
 * @property {'real' | 'virtual'} [clock] `virtual`: the host's load cannot delay anything in the board (qemu.mjs)
 * @property {string} [out] directory for $BOARD_OUT; one under board-out/ when absent, kept if something is in it
 * @property {object} [environment] further variables for the command
 * @property {string} [workingDirectory] the checkout when absent
 * @property {(chunk: Buffer) => void} [onStdout]
 * @property {(chunk: Buffer) => void} [onStderr]
 * @property {import('node:stream').Readable} [stdin] nothing when absent
 * @property {import('./terminal.mjs').Terminal} [terminal] instead of the three streams
 * @property {(board: RunningBoard) => void} [onMachine] called when the machine is on
 */

/**
 * @typedef {object} RunningBoard
 * @property {Promise<void>} started the command is about to start
 * @property {(signal: 'interrupt' | 'terminate' | 'kill') => void} signal to all processes of the command
 * @property {() => void} stop ends the machine at once
 * @property {string} qmpSocket
 */

/**
 * @param {BoardRun} run
 * @returns {Promise<{ status: number, outDirectory: string | undefined }>}
 */
export async function runOnBoard(run) {
  const board = run.board ?? defaultBoard;
  const files = await boardFiles(board);
  const directory = shortTemporaryDirectory();
  const share = join(directory, 'share');
  const out = run.out ?? newOutDirectory();
  mkdirSync(share);
  mkdirSync(out, { recursive: true });
  const cleanUp = () => {
    rmSync(directory, { recursive: true, force: true });
    if (!run.out) removeIfEmpty(out);
  };
  const keep = onTermination(cleanUp);
  try {
    if (board.root) mkdirSync(join(files.root, checkout), { recursive: true });
    await writeJob(share, board, {
      command: run.command,
      workingDirectory: run.workingDirectory ?? checkout,
      environment: run.environment ?? {},
      input: run.stdin !== undefined,
      terminal: run.terminal?.size(),
    });
    const ports = await openPorts(directory, run);
    try {
      const ended = await runMachine(board, { files, directory, share, out, run, ports });
      await ports.drained();
      return { status: statusOf(share, directory, ended), outDirectory: isEmpty(out) ? undefined : out };
    } finally {
      ports.close();
    }
  } finally {
    keep();
    cleanUp();
  }
}

async function runMachine(board, { files, directory, share, out, run, ports }) {
  const memory = run.memory ?? '2G';
  const args = qemuArguments(board, {
    ...{ ...files, checkout, init, directory, share, out, memory },
    deviceTree: deviceTree(board, { memory, directory }),
    append: run.append ?? '',
    devices: run.devices ?? [],
    display: run.display ?? 'none',
    accelerator: await acceleration(board, { kernel: files.kernel, clock: run.clock ?? 'real' }),
  });
  const qemu = startQemu(board, args);
  const kill = () => qemu.kill('SIGKILL');
  const end = { complaint: '', tooSlow: false, stopped: false, timedOut: false };
  qemu.stderr.on('data', (chunk) => {
    end.complaint += chunk;
  });

  const timers = [];
  const after = (milliseconds, action) => timers.push(setTimeout(action, milliseconds));
  const machine = {
    qmpSocket: socketPath(directory, 'qmp'),
    started: ports.started,
    signal: ports.send,
    stop() {
      end.stopped = true;
      kill();
    },
  };
  let booting = true;
  after(BOOT_LIMIT_MS, () => {
    end.tooSlow = booting;
    if (booting) kill();
  });
  ports.started.then(() => {
    booting = false;
    if (!run.timeout) return;
    after(run.timeout * 1000, () => {
      end.timedOut = true;
      machine.signal('terminate');
    });
    after(run.timeout * 1000 + GRACE_MS, () => machine.signal('kill'));
    after(run.timeout * 1000 + 2 * GRACE_MS, kill);
  });

  const releaseProcess = onTermination(kill);
  const releaseSignals = run.terminal ? () => {} : passSignalsOn(machine);
  run.onMachine?.(machine);
  try {
    const exit = await new Promise((resolve, reject) => {
      qemu.on('error', reject);
      qemu.on('close', (status, signal) => resolve({ status, signal }));
    });
    return { ...exit, ...end };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    releaseSignals();
    releaseProcess();
  }
}

function statusOf(share, directory, end) {
  if (end.timedOut) return TIMED_OUT;
  const status = readStatus(share);
  if (status !== undefined) return status;
  if (end.stopped) return STOPPED;
  const parts = [`The board stopped without the command's exit status. ${reasonOf(end)}`.trim()];
  if (end.complaint.trim()) parts.push(`QEMU said:\n${end.complaint.trim()}`);
  parts.push(consoleTail(directory));
  throw new Failure(parts.join('\n'));
}

function reasonOf({ tooSlow, signal, status }) {
  if (tooSlow) return `It did not start within ${BOOT_LIMIT_MS / 1000} s.`;
  if (signal) return `QEMU was ended by ${signal}.`;
  return status ? `QEMU failed with exit status ${status}.` : '';
}

function consoleTail(directory) {
  try {
    return `The end of the board's console:\n${tailOf(consolePath(directory))}`;
  } catch (error) {
    if (error.code === 'ENOENT') return "The board's console shows nothing.";
    throw error;
  }
}

// The name of a Unix socket has room for some 100 characters.
function shortTemporaryDirectory() {
  const base = tmpdir().length > 60 ? '/tmp' : tmpdir();
  removeAbandoned(base);
  return mkdtempSync(join(base, `${DIRECTORY_PREFIX}${process.pid}-`));
}

// Those of our processes that were killed.
function removeAbandoned(base) {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(DIRECTORY_PREFIX))) {
    const path = join(base, name);
    const pid = Number.parseInt(name.slice(DIRECTORY_PREFIX.length), 10);
    const isOurs = statSync(path, { throwIfNoEntry: false })?.uid === process.getuid();
    if (isOurs && pid > 0 && !isAlive(pid)) rmSync(path, { recursive: true, force: true });
  }
}

function newOutDirectory() {
  const time = new Date().toISOString().replace(/\..*/, '').replaceAll(':', '-');
  return join(checkout, 'board-out', `${time}-${process.pid}`);
}

function isEmpty(directory) {
  return readdirSync(directory).length === 0;
}

function removeIfEmpty(directory) {
  try {
    rmdirSync(directory);
    rmdirSync(dirname(directory));
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT', 'EEXIST'].includes(error.code)) throw error;
  }
}
