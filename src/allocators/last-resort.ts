/**
 * Memory for the CPU where no heap can give it: ordinary pages that /dev/udmabuf makes a dma-buf of and, on a machine
 * without any dma-buf, pages that are none (memfd).
 */
import type { Kernel } from '../native/kernel';
import type { Heap } from './heaps';
import type { MemoryRequirement } from './memory-requirement';

export const UDMABUF = 'udmabuf';
export const MEMFD = 'memfd';
const UDMABUF_NODE = '/dev/udmabuf';

export interface LastResort {
  /** Stands for a heap: `udmabuf`, `memfd`. */
  heap: Pick<Heap, 'name' | 'path' | 'kind'>;
  /** For people. */
  reason: string;
}

const udmabuf: LastResort = {
  heap: { name: UDMABUF, path: UDMABUF_NODE, kind: 'system' },
  reason: 'the last resort, as no heap could give it: pages of a memfd, made a dma-buf by /dev/udmabuf',
};

const memfd: LastResort = {
  heap: { name: MEMFD, path: MEMFD, kind: 'system' },
  reason: 'this machine has no dma-bufs: pages of a memfd, which no device can use',
};

/** What may be tried when the heaps are through, in order; for memory that need not be contiguous. */
export function lastResorts(
  kernel: Pick<Kernel, 'statNode'>,
  requirement: Pick<MemoryRequirement, 'contiguous' | 'device'>,
  heaps: readonly Heap[],
): LastResort[] {
  // In a confidential VM these pages are encrypted, and a device reads only noise.
  const encrypted = requirement.device && heaps.some(({ kind }) => kind === 'confidential');
  if (requirement.contiguous || encrypted) return [];
  if (kernel.statNode(UDMABUF_NODE)) return [udmabuf];
  return heaps.length === 0 && !requirement.device ? [memfd] : [];
}

/** The same where the user named one in place of a heap, as tests do. */
export function chosenResort(
  choice: { names: string | readonly string[]; from: string } | undefined,
): LastResort[] {
  const names = choice === undefined || typeof choice.names === 'string' ? [choice?.names] : choice.names;
  const [name, ...others] = names;
  const chosen = [udmabuf, memfd].find(({ heap }) => heap.name === name && others.length === 0);
  if (!choice || !chosen) return [];
  const what =
    chosen === memfd ? 'pages of a memfd, which no device can use' : 'pages of a memfd, made a dma-buf';
  return [{ ...chosen, reason: `chosen by ${choice.from}: ${what}` }];
}

type PageKernel = Pick<Kernel, 'memfdCreate' | 'udmabufCreate' | 'udmabufCreateAsync' | 'close' | 'pageSize'>;

/** Whole pages of a memfd as a dma-buf. `udmabufFd` is borrowed. */
export function udmabufCreate(kernel: PageKernel, udmabufFd: number, length: number, name: string): number {
  const { fd, bytes } = createMemfd(kernel, length, name);
  try {
    return kernel.udmabufCreate(udmabufFd, fd, bytes);
  } finally {
    kernel.close(fd);
  }
}

/** The same off the event loop: the kernel allocates the pages. */
export async function udmabufCreateAsync(
  kernel: PageKernel,
  udmabufFd: number,
  length: number,
  name: string,
): Promise<number> {
  const { fd, bytes } = createMemfd(kernel, length, name);
  try {
    return await kernel.udmabufCreateAsync(udmabufFd, fd, bytes);
  } finally {
    kernel.close(fd);
  }
}

/** Whole pages, as dma-bufs are. */
export function createMemfd(
  kernel: Pick<Kernel, 'memfdCreate' | 'pageSize'>,
  length: number,
  name: string,
): { fd: number; bytes: number } {
  const bytes = Math.ceil(length / kernel.pageSize) * kernel.pageSize;
  return { fd: kernel.memfdCreate(name, bytes), bytes };
}
