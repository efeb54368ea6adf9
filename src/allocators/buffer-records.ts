/** How the kernel writes dma-bufs down: fdinfo, maps, debugfs. Pure. */

/** What a process's fd or mapping says of a dma-buf. */
export interface BufferReference {
  inode: number;
  /** Empty where it has none. */
  name: string;
  /** Bytes. */
  size: number;
  exporter?: string | undefined;
}

/** What debugfs says of one. */
export interface BufferObject extends BufferReference {
  exporter: string;
  /** Kernel names of the devices that are attached, sorted. */
  devices: string[];
}

/** `/proc/PID/fdinfo/FD` (Documentation/filesystems/proc.rst, "DMA Buffer files"); undefined for any other file. */
export function parseFdinfo(text: string): BufferReference | undefined {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1];
  const exporter = field('exp_name');
  if (exporter === undefined) return undefined;
  return { inode: Number(field('ino')), name: field('name') ?? '', size: Number(field('size')), exporter };
}

/** Mappings of dma-bufs in `/proc/PID/maps`, one for each line. A buffer that is mapped in part shows only that part's size. */
export function parseMaps(text: string): BufferReference[] {
  const mapping = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ (\d+) +\/dmabuf:(.*)$/gm;
  return [...text.matchAll(mapping)].map(([, from, to, offset, inode, name = '']) => ({
    inode: Number(inode),
    name,
    size: Number.parseInt(to ?? '', 16) - Number.parseInt(from ?? '', 16) + Number.parseInt(offset ?? '', 16),
  }));
}

/** debugfs `dma_buf/bufinfo` (drivers/dma-buf/dma-buf.c, dma_buf_debug_show). */
export function parseBufinfo(text: string): BufferObject[] {
  const objects: BufferObject[] = [];
  let inDevices = false;
  for (const line of text.split('\n')) {
    const current = objects.at(-1);
    if (/^\d{8,}\t/.test(line)) {
      const [size, , , , exporter = '', inode, name = ''] = line.split('\t');
      objects.push({
        inode: Number(inode),
        size: Number(size),
        exporter,
        name: name === '<none>' ? '' : name,
        devices: [],
      });
      inDevices = false;
    } else if (line.includes('Attached Devices')) inDevices = true;
    else if (inDevices && line.startsWith('\t')) current?.devices.push(line.trim());
    else inDevices = false;
  }
  for (const { devices } of objects) devices.sort();
  return objects;
}
