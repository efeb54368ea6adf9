/** `dmaflow buffers`: the dma-bufs that are alive, with who holds them. */
import { listHeaps } from '../allocators/heaps';
import { type LiveBuffer, type LiveBuffers, listLiveBuffers } from '../allocators/live-buffers';
import { isKernelError, UnsupportedError } from '../errors';
import type { Kernel } from '../native/kernel';
import { buffersText } from './buffers-text';
import { type CommandOutput, toJson } from './output';
import { counted } from './table';

/** An entry of `--json`: stays compatible from release to release. */
export interface BufferReport extends Pick<LiveBuffer, 'inode' | 'name' | 'size'> {
  /** Processes with an fd or a mapping of it; none: only the kernel holds it. */
  owners: LiveBuffer['holders'];
  /** dmaflow's stage, buffer and memory plane, and the process that made it, as its name says; null for other names. */
  stage: string | null;
  index: number | null;
  memoryPlane: number | null;
  madeBy: number | null;
  /** Null where it is no heap's, but a driver's. */
  heap: string | null;
  /** Name of the heap or driver; null where it cannot be known. */
  exporter: string | null;
  /** Seconds; null where it cannot be known. */
  age: number | null;
  /** Devices that have it attached; null where debugfs cannot be read. */
  devices: string[] | null;
}

/** What `--json` prints. */
export interface BuffersReport {
  buffers: BufferReport[];
  /** Processes that this user may not look into. */
  hiddenProcesses: number;
  /** Whether what only the kernel holds is listed too. */
  debugfs: boolean;
}

export interface BuffersOptions {
  pid?: string;
  json?: boolean;
}

/** No buffer is no error. Exit status 1 where the process does not exist, or may not be looked into. */
export function buffersCommand(kernel: Kernel, options: BuffersOptions): CommandOutput {
  const pid = options.pid === undefined ? undefined : Number(options.pid);
  if (pid !== undefined && !(Number.isInteger(pid) && pid > 0)) {
    return failure(`--pid takes the number of a process, got '${options.pid}'`);
  }
  try {
    const live = listLiveBuffers(kernel, pid);
    const heaps = heapNames(kernel);
    const now = Date.now();
    const report: BuffersReport = {
      ...live,
      buffers: live.buffers.map((each) => toReport(each, heaps, now)),
    };
    return {
      stdout: options.json ? toJson(report) : buffersText(report.buffers),
      stderr: hints(live, pid).join('\n'),
      exitCode: 0,
    };
  } catch (error) {
    if (error instanceof RangeError) return failure(`${error.message}: see ps -e`);
    if (pid === undefined || !isKernelError(error)) throw error;
    return failure(
      `you may not look into process ${pid} (${error.message}): run this as its user, or with sudo`,
    );
  }
}

function toReport(buffer: LiveBuffer, heaps: ReadonlySet<string>, now: number): BufferReport {
  const { inode, name, size, exporter, created, holders, devices, madeFor } = buffer;
  return {
    inode,
    name,
    owners: holders,
    stage: madeFor?.stage ?? null,
    index: madeFor?.index ?? null,
    memoryPlane: madeFor?.memoryPlane ?? null,
    madeBy: madeFor?.pid ?? null,
    size,
    heap: exporter !== undefined && heaps.has(exporter) ? exporter : null,
    exporter: exporter ?? null,
    age: created ? Math.max(0, Math.round((now - created.getTime()) / 100) / 10) : null,
    devices: devices ?? null,
  };
}

function heapNames(kernel: Kernel): ReadonlySet<string> {
  try {
    return new Set(listHeaps(kernel).flatMap(({ name, aliases }) => [name, ...aliases]));
  } catch (error) {
    if (error instanceof UnsupportedError) return new Set();
    throw error;
  }
}

function hints({ hiddenProcesses, debugfs }: LiveBuffers, pid: number | undefined): string[] {
  const all: string[] = [];
  if (hiddenProcesses > 0) {
    all.push(
      `You may not look into ${counted(hiddenProcesses, 'process', 'processes')} of other users: sudo shows their buffers too.`,
    );
  }
  if (!debugfs) {
    const lacking = pid === undefined ? 'buffers that only the kernel holds, and the devices' : 'the devices';
    all.push(
      `/sys/kernel/debug/dma_buf/bufinfo cannot be read: ${lacking} are not listed. ` +
        'It takes root, a kernel with CONFIG_DEBUG_FS, and: sudo mount -t debugfs none /sys/kernel/debug',
    );
  }
  return all;
}

function failure(message: string): CommandOutput {
  return { stdout: '', stderr: `dmaflow: ${message}`, exitCode: 1 };
}
