/**
 * The dma-buf heaps of this machine (Documentation/userspace-api/dma-buf-heaps.rst). They are listed afresh each
 * time: a heap's driver may be a module that is loaded later, so absence is never remembered.
 */
import { loadKernel } from '../native/binding';
import type { Kernel, NodeStatus } from '../native/kernel';
import { noHeapDirectory } from './heap-advice';

export const HEAP_DIRECTORY = '/dev/dma_heap';

/** The kernel's default CMA region, under its stable name since Linux 6.17. */
export const DEFAULT_CMA_HEAP = 'default_cma_region';
/** What the same region was called before, depending on the platform; newer kernels may keep the name beside it. */
export const LEGACY_CMA_HEAPS: readonly string[] = ['reserved', 'linux,cma', 'default-pool'];
/** Raspberry Pi OS: a link to the CMA heap on some boards, to `system` on others; listed as an alias of that. */
const VENDOR_CMA_HEAPS: readonly string[] = ['vidbuf_cached'];

/** Names of heaps of physically contiguous memory, in the order in which they are tried. */
export const CONTIGUOUS_HEAPS: readonly string[] = [
  DEFAULT_CMA_HEAP,
  ...LEGACY_CMA_HEAPS,
  ...VENDOR_CMA_HEAPS,
];
export const SYSTEM_HEAP = 'system';
export const CONFIDENTIAL_HEAP = 'system_cc_shared';

/** The device tree's reserved regions, a folder each. */
export const RESERVED_MEMORY = '/sys/firmware/devicetree/base/reserved-memory';
/** A device-tree node's full name: `video@70000000`. */
const NODE_NAME = /^[\w,.+-]+@[0-9a-f]+/;

/**
 * `contiguous`: physically contiguous pages; `system`: any pages; `confidential`: any pages, decrypted so that devices
 * of a confidential VM can read them.
 */
export type HeapKind = 'contiguous' | 'system' | 'confidential' | 'other';

export interface Heap {
  name: string;
  /** The node to open: the first of the heap's names that this user may open, or that of `name` where none is. */
  path: string;
  kind: HeapKind;
  /** Further names of the same memory, so that it is counted once. */
  aliases: readonly string[];
  /** Whether this user may open `path`. */
  permitted: boolean;
  /** Of `path`. */
  nodeStatus: NodeStatus;
}

type HeapKernel = Pick<Kernel, 'listDirectory' | 'statNode'>;

interface HeapNode {
  name: string;
  path: string;
  status: NodeStatus;
}

/**
 * Lists the heaps, contiguous ones first.
 * @throws UnsupportedError where the kernel has no heaps at all.
 */
export function listHeaps(kernel: HeapKernel = loadKernel()): Heap[] {
  const names = kernel.listDirectory(HEAP_DIRECTORY);
  if (!names) throw noHeapDirectory(HEAP_DIRECTORY);
  const nodes = names.flatMap((name): HeapNode[] => {
    const path = `${HEAP_DIRECTORY}/${name}`;
    const status = kernel.statNode(path);
    return status ? [{ name, path, status }] : [];
  });
  const regions = kernel.listDirectory(RESERVED_MEMORY) ?? [];
  const hasDefault = nodes.some(({ name }) => name === DEFAULT_CMA_HEAP);

  const groups = new Map<string, HeapNode[]>();
  for (const node of nodes.sort(byPrecedence)) {
    // A link has the device number of the heap it leads to; a legacy name of the default region has its own.
    const key =
      hasDefault && isDefaultRegion(kernel, node.name, regions)
        ? DEFAULT_CMA_HEAP
        : ([...groups].find(([, group]) => group.some(isLinkTo(node)))?.[0] ?? node.name);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups.values()].map((group) => heapOf(group, regions));
}

/** The heap with this name or alias. */
export function findHeap(heaps: readonly Heap[], name: string): Heap | undefined {
  return heaps.find((heap) => heap.name === name || heap.aliases.includes(name));
}

/**
 * A heap's name becomes the last component of a path: it must not lead elsewhere.
 * @throws TypeError, RangeError
 */
export function checkHeapName(name: unknown, from: string): asserts name is string {
  if (typeof name !== 'string') {
    throw new TypeError(
      `${from}: expected the name of a heap, like '${DEFAULT_CMA_HEAP}', got ${typeof name}`,
    );
  }
  if (name === '' || name === '.' || name.includes('..') || name.includes('/') || name.includes('\0')) {
    throw new RangeError(
      `${from}: ${JSON.stringify(name)} is not the name of a heap. ` +
        `Give the name alone, without '/' or '..': 'system' stands for ${HEAP_DIRECTORY}/system`,
    );
  }
}

function heapOf(group: readonly HeapNode[], regions: readonly string[]): Heap {
  const [first, ...others] = group as [HeapNode, ...HeapNode[]];
  const usable = group.find(({ status }) => status.readable);
  const { path, status } = usable ?? first;
  return {
    name: first.name,
    path,
    kind: kindOf(first.name, regions),
    aliases: others.map(({ name }) => name),
    permitted: usable !== undefined,
    nodeStatus: status,
  };
}

/**
 * Whether a heap is the default CMA region. Where the device tree describes the region it says so itself
 * (`linux,cma-default`); otherwise the documented names do.
 */
function isDefaultRegion(kernel: HeapKernel, name: string, regions: readonly string[]): boolean {
  if (name === DEFAULT_CMA_HEAP) return true;
  if (!regions.includes(name)) return LEGACY_CMA_HEAPS.includes(name);
  return kernel.listDirectory(`${RESERVED_MEMORY}/${name}`)?.includes('linux,cma-default') ?? false;
}

/** Every reusable `shared-dma-pool` of the device tree is a heap of contiguous memory under its node's full name. */
function kindOf(name: string, regions: readonly string[]): HeapKind {
  if (CONTIGUOUS_HEAPS.includes(name) || regions.includes(name) || NODE_NAME.test(name)) return 'contiguous';
  if (name === SYSTEM_HEAP) return 'system';
  return name === CONFIDENTIAL_HEAP ? 'confidential' : 'other';
}

/** The heap for devices of a confidential VM is never merely another name: who asks for it means its promise. */
function isLinkTo(node: HeapNode): (other: HeapNode) => boolean {
  return (other) => other.status.device === node.status.device && node.name !== CONFIDENTIAL_HEAP;
}

/** Stable names before legacy ones, links (vendors' names) last: the first of a group gives it its name. */
function byPrecedence(a: HeapNode, b: HeapNode): number {
  return precedence(a.name) - precedence(b.name) || a.name.localeCompare(b.name);
}

function precedence(name: string): number {
  const known = [DEFAULT_CMA_HEAP, ...LEGACY_CMA_HEAPS];
  if (known.includes(name)) return known.indexOf(name);
  if (name === SYSTEM_HEAP || name === CONFIDENTIAL_HEAP) return known.length + 1;
  return known.length + (VENDOR_CMA_HEAPS.includes(name) ? 3 : NODE_NAME.test(name) ? 0 : 2);
}
