/** Who has a device node open, as `fuser` finds it: every process's fds in /proc. */
import { basename } from 'node:path';
import { isKernelError } from '../errors';
import type { Kernel } from '../native/kernel';

export interface DeviceHolder {
  pid: number;
  /** The program's short name (/proc/PID/comm). */
  command: string;
}

/**
 * Processes that have the node open, as far as this user may see them (root sees all). `ownFd`, an fd of this
 * process, does not count.
 */
export function findHolders(kernel: Kernel, path: string, ownFd?: number): DeviceHolder[] {
  const node = kernel.linkName(path) ?? basename(path);
  const pids = (list(kernel, '/proc') ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
  return pids
    .filter((pid) => holds(kernel, pid, node, pid === process.pid ? ownFd : undefined))
    .map((pid) => ({ pid, command: kernel.readText(`/proc/${pid}/comm`)?.trim() ?? 'unknown' }));
}

/** `ffmpeg (pid 812) and this program itself`, or undefined where nobody can be named. */
export function describeHolders(kernel: Kernel, path: string, ownFd?: number): string | undefined {
  const names = findHolders(kernel, path, ownFd).map(({ pid, command }) =>
    pid === process.pid ? 'this program itself' : `${command} (pid ${pid})`,
  );
  return names.length === 0 ? undefined : names.join(' and ');
}

function holds(kernel: Kernel, pid: number, node: string, ignoredFd: number | undefined): boolean {
  const directory = `/proc/${pid}/fd`;
  return (list(kernel, directory) ?? []).some(
    (fd) => Number(fd) !== ignoredFd && kernel.linkName(`${directory}/${fd}`) === node,
  );
}

/** Other users' processes keep their fds to themselves. */
function list(kernel: Kernel, path: string): string[] | undefined {
  try {
    return kernel.listDirectory(path);
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}
