// QEMU's command line for a board, and its process.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { findProgram } from '../../../scripts/lib/processes.mjs';
import { devices as knownDevices } from './boards.mjs';
import { kvmWorks } from './kvm.mjs';

/** The ports of init.sh, in the order of their numbers. */
export const portNames = ['control', 'in', 'out', 'err'];

/**
 * A clock that counts instructions, two nanoseconds each, and skips the time in which the machine has nothing to do. What
 * depends on time then goes the same way however busy the host is. One processor: QEMU runs several in turn, and each
 * would stand still for the others.
 */
const virtualClock = ['-accel', 'tcg,thread=single', '-smp', '1', '-icount', 'shift=1,sleep=off'];

const nineP = 'trans=virtio,version=9p2000.L,cache=loose,msize=262144';

/**
 * @param {import('./boards.mjs').Board} board
 * @param {{ kernel: string, initramfs?: string, root: string, deviceTree?: string, checkout: string, init: string, directory: string,
 *   share: string, out: string, memory: string, append: string, devices: string[], display: string,
 *   accelerator: string[] }} machine `accelerator`: of {@link acceleration}
 */
export function qemuArguments(board, machine) {
  const { kernel, root, directory, share, out, memory, devices, display } = machine;
  return [
    ...board.qemu.machine,
    ...machine.accelerator,
    ...['-m', memory, '-nodefaults', '-no-user-config', '-no-reboot'],
    ...['-display', display, '-monitor', 'none'],
    ...['-serial', `file:${doubleCommas(consolePath(directory))}`],
    ...['-qmp', `unix:${doubleCommas(socketPath(directory, 'qmp'))},server=on,wait=off`],
    ...['-device', 'virtio-rng-pci'],
    ...shareArguments('root', root, 'readonly=on,multidevs=remap'),
    ...(board.root ? shareArguments('checkout', machine.checkout, 'readonly=on,multidevs=remap') : []),
    ...shareArguments('board', share),
    ...shareArguments('out', out),
    ...['-device', 'virtio-serial-pci'],
    ...portNames.flatMap((name, index) => [
      ...['-chardev', `socket,id=${name},path=${doubleCommas(socketPath(directory, name))}`],
      ...['-device', `virtserialport,chardev=${name},name=${name},nr=${index + 2}`],
    ]),
    ...['-chardev', `socket,id=terminal,path=${doubleCommas(socketPath(directory, 'terminal'))}`],
    ...['-device', 'virtconsole,chardev=terminal,nr=1'],
    ...devices.flatMap((name) => ['-device', knownDevices[name] ?? name]),
    ...(machine.deviceTree ? ['-dtb', machine.deviceTree] : []),
    ...(machine.initramfs ? ['-initrd', machine.initramfs] : []),
    ...['-kernel', kernel, '-append', kernelArguments(board, machine)],
  ];
}

/**
 * How QEMU runs the board's processor: by KVM where that works, emulated elsewhere. DMAFLOW_BOARD_ACCEL has the last word.
 * @param {import('./boards.mjs').Board} board
 * @param {{ kernel: string, clock: 'real' | 'virtual' }} machine
 * @returns {Promise<string[]>}
 */
export async function acceleration(board, { kernel, clock }) {
  if (clock === 'virtual') return virtualClock;
  const wanted = process.env.DMAFLOW_BOARD_ACCEL;
  if (wanted) return ['-accel', wanted];
  const native = board.host === process.arch && (await kvmWorks(programOf(board), { kernel }));
  return ['-accel', native ? 'kvm' : 'tcg,thread=multi'];
}

export function socketPath(directory, name) {
  return join(directory, `${name}.sock`);
}

export function consolePath(directory) {
  return join(directory, 'console');
}

/**
 * Starts QEMU out of reach of the terminal's signals: they are the job's. Where setpriv exists the kernel ends QEMU
 * with us, however we end.
 */
export function startQemu(board, args) {
  const program = programOf(board);
  const setpriv = findProgram('setpriv');
  const command = setpriv ? [setpriv, '--pdeathsig', 'KILL', program] : [program];
  return spawn(command[0], [...command.slice(1), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}

function programOf(board) {
  const program = findProgram(board.qemu.program);
  if (program) return program;
  throw new Failure(`The emulated board needs ${board.qemu.program}. 'npm run setup' installs it.`);
}

function kernelArguments(board, { init, checkout, append }) {
  const root = `root=root rootfstype=9p rootflags=${nineP} ro`;
  // A kernel that finds itself broken stops the machine, rather than a test that waits for it.
  const behaviour = 'quiet panic=-1 oops=panic';
  const first = board.root
    ? `init=/bin/sh -- -c "mount -t 9p -o ro,${nineP} checkout '${checkout}' && exec sh '${init}'"`
    : `init=${quoteArgument(init)}`;
  return [`console=${board.console}`, root, behaviour, ...board.append, append, first]
    .filter(Boolean)
    .join(' ');
}

function shareArguments(tag, path, more = '') {
  const options = ['local', `path=${doubleCommas(path)}`, `mount_tag=${tag}`, 'security_model=none', more];
  return ['-virtfs', options.filter(Boolean).join(',')];
}

// QEMU's way to write a comma in a value.
function doubleCommas(value) {
  return value.replaceAll(',', ',,');
}

function quoteArgument(value) {
  return /\s/.test(value) ? `"${value}"` : value;
}
