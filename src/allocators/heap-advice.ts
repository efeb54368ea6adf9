/** What to do next when a heap cannot give memory: the text behind the errors of the allocator. */
import { errnoNumber, type KernelError, UnsupportedError } from '../errors';
import type { Kernel } from '../native/kernel';
import type { Heap } from './heaps';

type TextKernel = Pick<Kernel, 'readText'>;

/** What was asked when memory ran out. */
export interface ExhaustedRequest {
  /** Bytes of each buffer. */
  lengths: readonly number[];
  /** How many of them the kernel gave before it ran out. */
  given: number;
  /** Other heaps that were tried before, and refused too. */
  alsoTried: readonly string[];
}

export const HEAP_UDEV_RULE = 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"';

export function noHeapDirectory(directory: string): UnsupportedError {
  return new UnsupportedError(
    `${directory} does not exist: this kernel has no dma-buf heaps. Build it with CONFIG_DMABUF_HEAPS=y, ` +
      'CONFIG_DMABUF_HEAPS_SYSTEM=y and CONFIG_DMABUF_HEAPS_CMA=y, or load the modules system_heap and cma_heap; ' +
      `in a container, pass ${directory} in`,
  );
}

/** No heap satisfies a requirement. */
export function noSuitableHeap(
  kernel: TextKernel,
  contiguous: boolean,
  heaps: readonly Heap[],
): UnsupportedError {
  if (!contiguous) {
    return new UnsupportedError(
      `no heap of ordinary pages; ${heapsPresent(heaps)}. Build the kernel with CONFIG_DMABUF_HEAPS_SYSTEM=y`,
    );
  }
  const disabled = /(^|\s)cma=0[KMGkmg]?(\s|$)/.test(kernel.readText('/proc/cmdline') ?? '');
  const cause = disabled ? " (its command line says 'cma=0')" : '';
  return new UnsupportedError(
    `contiguous memory is needed, and this kernel has no CMA heap${cause}; ${heapsPresent(heaps)}. ` +
      'Reserve a region with cma=64M (say) on the kernel command line or a linux,cma-default region in the device tree; ' +
      'the kernel needs CONFIG_CMA=y, CONFIG_DMA_CMA=y and CONFIG_DMABUF_HEAPS_CMA=y',
  );
}

/** EACCES and EPERM: the rule that opens the heaps to a group, and the group to be in. */
export function notPermitted(kernel: TextKernel, error: KernelError, heap: Heap): KernelError {
  const { uid, gid, mode } = heap.nodeStatus;
  const group = groupName(kernel, gid);
  const owner = `${uid === 0 ? 'root' : uid}:${group}, mode ${mode.toString(8).padStart(4, '0')}`;
  const join = gid !== 0 && mode & 0o040 ? group : 'video';
  return error.advise(
    `The node belongs to ${owner}. Add the udev rule '${HEAP_UDEV_RULE}' ` +
      '(as /etc/udev/rules.d/60-dma-heap.rules, then: udevadm control --reload && udevadm trigger), ' +
      `and be in its group: usermod -aG ${join} USER, and log in again`,
    heap.path,
  );
}

/** The node was listed and is gone. */
export function heapVanished(error: KernelError, heap: Heap, heaps: readonly Heap[]): KernelError {
  return error.advise(`The heap is gone; ${heapsPresent(heaps.filter((each) => each !== heap))}`, heap.path);
}

/** ENOMEM from every heap that satisfies the requirement. */
export function exhausted(
  kernel: TextKernel,
  error: KernelError,
  heap: Pick<Heap, 'path' | 'kind'>,
  request: ExhaustedRequest,
): KernelError {
  const asked = formatRequest(request.lengths);
  const given = request.given > 0 ? `, of which it gave ${request.given} before it ran out` : '';
  const tried = request.alsoTried.length > 0 ? `; ${request.alsoTried.join(', ')} had not enough either` : '';
  const meminfo = kernel.readText('/proc/meminfo') ?? '';
  const figures = (heap.kind === 'contiguous' ? ['CmaTotal', 'CmaFree'] : ['MemTotal', 'MemAvailable'])
    .map((field) => `${field} ${meminfoField(meminfo, field)}`)
    .join(', ');
  const more =
    heap.kind === 'contiguous'
      ? "enlarge the region (cma=SIZE on the kernel command line, or the region's size in the device tree)"
      : 'free memory';
  return error.advise(
    `Asked for ${asked}${given}${tried}. ${figures}. Use fewer or smaller buffers, or ${more}`,
    heap.path,
  );
}

/** Whether memory ran out, so that another heap may still have some. */
export function isExhausted(error: KernelError): boolean {
  return error.errno === -errnoNumber('ENOMEM');
}

export function heapsPresent(heaps: readonly Heap[]): string {
  const names = heaps.map(({ name, kind, aliases }) => {
    const also = aliases.length > 0 ? `, also ${aliases.join(', ')}` : '';
    return `${name} (${kind}${also})`;
  });
  return names.length > 0 ? `heaps present: ${names.join(', ')}` : 'no heap is present';
}

/** `8 × 3.5 MiB (28.1 MiB)` */
function formatRequest(lengths: readonly number[]): string {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const counts = new Map<number, number>();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  const parts = [...counts].map(([length, count]) => `${count} × ${formatBytes(length)}`);
  return lengths.length === 1 ? formatBytes(total) : `${parts.join(' + ')} (${formatBytes(total)})`;
}

/** `3.5 MiB`, `4 KiB`, `100 bytes` */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

function meminfoField(meminfo: string, field: string): string {
  const [, value] = new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(meminfo) ?? [];
  return value ?? 'unknown';
}

function groupName(kernel: TextKernel, gid: number): string {
  const [, name] =
    new RegExp(`^([^:\\n]+):[^:]*:${gid}:`, 'm').exec(kernel.readText('/etc/group') ?? '') ?? [];
  return name ?? (gid === 0 ? 'root' : String(gid));
}
