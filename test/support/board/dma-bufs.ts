/** The dma-bufs that exist, as the kernel tells: debugfs `dma_buf/bufinfo` for all, `/proc/PID/fdinfo` for a process. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface DmaBufInfo {
  inode: number;
  /** Bytes. */
  size: number;
  /** The heap's name for a buffer of a heap. */
  exporter: string;
  name: string;
  /** Kernel names of the devices that imported it: `vivid.0`, `vkms`; sorted. */
  devices: string[];
}

/** Every dma-buf of the system (drivers/dma-buf/dma-buf.c, dma_buf_debug_show). */
export function allDmaBufs(): DmaBufInfo[] {
  const found: DmaBufInfo[] = [];
  let inDevices = false;
  for (const line of readFileSync('/sys/kernel/debug/dma_buf/bufinfo', 'utf8').split('\n')) {
    const fields = line.split('\t');
    const current = found.at(-1);
    if (/^\d{8,}\t/.test(line)) {
      const [size, , , , exporter = '', inode, name = ''] = fields;
      found.push({ inode: Number(inode), size: Number(size), exporter, name, devices: [] });
    } else if (line.includes('Attached Devices')) inDevices = true;
    else if (inDevices && line.startsWith('\t')) current?.devices.push(line.trim());
    else inDevices = false;
  }
  for (const each of found) each.devices.sort();
  return found;
}

export interface DmaBufOfProcess {
  inode: number;
  exporter: string;
  name: string;
}

/** The dma-bufs that a process has open, each once, by inode. */
export function dmaBufsOf(pid: number): DmaBufOfProcess[] {
  const found = new Map<number, DmaBufOfProcess>();
  for (const { fd, target } of openFiles(pid)) {
    if (!target.startsWith('/dmabuf:')) continue;
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(info)?.[1] ?? '';
    const inode = Number(field('ino'));
    found.set(inode, { inode, exporter: field('exp_name'), name: field('name') });
  }
  return [...found.values()].sort((a, b) => a.inode - b.inode);
}

/** What each fd of a process is: `/dev/video0`, `/dmabuf:name`, `anon_inode:[eventfd]`. */
export function openFiles(pid: number): { fd: number; target: string }[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [{ fd: Number(fd), target: readlinkSync(`/proc/${pid}/fd/${fd}`) }];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}
