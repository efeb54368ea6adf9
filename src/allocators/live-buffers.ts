/**
 * The dma-bufs that are alive, whoever made them: from `/proc/PID/fdinfo` and `/proc/PID/maps` of the processes that this user
 * may look into, and from debugfs `dma_buf/bufinfo` (root) those that only the kernel holds, with the devices that use them.
 */
import { isKernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import {
  type BufferObject,
  type BufferReference,
  parseBufinfo,
  parseFdinfo,
  parseMaps,
} from './buffer-records';
import { type BufferNameParts, parseBufferName } from './kernel-name';

const BUFINFO = '/sys/kernel/debug/dma_buf/bufinfo';
/** Kernel timestamps are of its last tick, and rounded. Milliseconds. */
const CLOCK_TOLERANCE = 1000;

/** A process that keeps a buffer alive. */
export interface BufferHolder {
  pid: number;
  /** The program's short name (/proc/PID/comm). */
  command: string;
  fds: number;
  mappings: number;
}

export interface LiveBuffer {
  /** Tells dma-bufs apart, over all processes. */
  inode: number;
  /** Empty where it has none. */
  name: string;
  /** What the name says, where it is dmaflow's. */
  madeFor: BufferNameParts | undefined;
  /** Bytes. */
  size: number;
  /** The heap's name for memory of a heap, otherwise the driver's; undefined where only a mapping is to be seen. */
  exporter: string | undefined;
  /** When it was made: its inode's st_ctime. Undefined where no fd can be looked at, or the wall clock was set since. */
  created: Date | undefined;
  holders: BufferHolder[];
  /** Kernel names of the devices that have it attached now (`vivid.0`, `vkms`); undefined without debugfs. */
  devices: string[] | undefined;
}

export interface LiveBuffers {
  buffers: LiveBuffer[];
  /** Processes that this user may not look into. */
  hiddenProcesses: number;
  /** Whether debugfs could be read. Without it, what only the kernel holds and the devices are not known. */
  debugfs: boolean;
}

export type LiveBufferKernel = Pick<Kernel, 'listDirectory' | 'readText' | 'statNode'>;

/**
 * Lists the dma-bufs of one process, or of all.
 * @throws RangeError for a process that does not exist.
 * @throws KernelError EACCES where this user may not look into that process.
 */
export function listLiveBuffers(kernel: LiveBufferKernel, pid?: number): LiveBuffers {
  const objects = readBufinfo(kernel);
  const found = new Map<number, LiveBuffer>();
  // One process: nothing but what it holds.
  if (pid === undefined)
    for (const object of objects?.values() ?? []) found.set(object.inode, liveBuffer(object, []));
  let hiddenProcesses = 0;
  for (const each of pid === undefined ? processes(kernel) : [pid]) {
    try {
      addProcess(kernel, each, found, objects);
    } catch (error) {
      if (pid !== undefined || !isKernelError(error)) throw error;
      hiddenProcesses += 1;
    }
  }
  if (pid !== undefined && kernel.listDirectory(`/proc/${pid}`) === undefined) {
    throw new RangeError(`there is no process ${pid}`);
  }
  const buffers = [...found.values()].sort((a, b) => a.inode - b.inode);
  return { buffers, hiddenProcesses, debugfs: objects !== undefined };
}

function addProcess(
  kernel: LiveBufferKernel,
  pid: number,
  found: Map<number, LiveBuffer>,
  objects: ReadonlyMap<number, BufferObject> | undefined,
): void {
  const fds = kernel.listDirectory(`/proc/${pid}/fdinfo`) ?? [];
  const command = () => kernel.readText(`/proc/${pid}/comm`)?.trim() ?? 'unknown';
  const bufferOf = (reference: BufferReference): LiveBuffer => {
    const known = found.get(reference.inode);
    if (known) return known;
    const buffer = liveBuffer({ ...reference, ...objects?.get(reference.inode) }, objects && []);
    found.set(reference.inode, buffer);
    return buffer;
  };
  const holderIn = (buffer: LiveBuffer): BufferHolder => {
    const known = buffer.holders.find((holder) => holder.pid === pid);
    if (known) return known;
    const holder = { pid, command: command(), fds: 0, mappings: 0 };
    buffer.holders.push(holder);
    return holder;
  };
  for (const fd of fds) {
    const reference = parseFdinfo(kernel.readText(`/proc/${pid}/fdinfo/${fd}`) ?? '');
    if (!reference) continue;
    const buffer = bufferOf(reference);
    holderIn(buffer).fds += 1;
    buffer.created ??= creation(kernel, `/proc/${pid}/fd/${fd}`);
  }
  for (const reference of parseMaps(kernel.readText(`/proc/${pid}/maps`) ?? '')) {
    holderIn(bufferOf(reference)).mappings += 1;
  }
}

function liveBuffer(
  object: BufferReference & { devices?: string[] | undefined },
  devices: string[] | undefined,
): LiveBuffer {
  const { inode, name, size, exporter } = object;
  return {
    inode,
    name,
    madeFor: parseBufferName(name),
    size,
    exporter,
    created: undefined,
    holders: [],
    devices: object.devices ?? devices,
  };
}

function readBufinfo(kernel: LiveBufferKernel): Map<number, BufferObject> | undefined {
  const text = kernel.readText(BUFINFO);
  if (text === undefined) return undefined;
  return new Map(parseBufinfo(text).map((object) => [object.inode, object]));
}

function processes(kernel: LiveBufferKernel): number[] {
  return (kernel.listDirectory('/proc') ?? []).filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * The inode of a dma-buf is made with it, and nothing changes it later (fs/libfs.c, alloc_anon_inode). Its time is of the wall clock,
 * which boards without a battery set long after boot: a time before the boot or in the future says nothing.
 */
function creation(kernel: LiveBufferKernel, path: string): Date | undefined {
  const changed = statOf(kernel, path)?.changed;
  const boot = /^btime (\d+)$/m.exec(kernel.readText('/proc/stat') ?? '')?.[1];
  if (changed === undefined || boot === undefined) return undefined;
  const possible =
    changed >= Number(boot) * 1000 - CLOCK_TOLERANCE && changed <= Date.now() + CLOCK_TOLERANCE;
  return possible ? new Date(changed) : undefined;
}

function statOf(kernel: LiveBufferKernel, path: string): { changed: number } | undefined {
  try {
    return kernel.statNode(path);
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}
