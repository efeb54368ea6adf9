/** `dmaflow heaps`: the dma-buf heaps of this machine. */
import { HEAP_UDEV_RULE } from '../allocators/heap-advice';
import { HEAP_DIRECTORY, type Heap, type HeapKind, listHeaps } from '../allocators/heaps';
import { UnsupportedError } from '../errors';
import type { Kernel } from '../native/kernel';
import { type CommandOutput, toJson } from './output';
import { formatTable } from './table';

/** An entry of `--json`: stays compatible from release to release. */
export interface HeapReport {
  name: string;
  kind: HeapKind;
  path: string;
  /** Further names of the same memory. */
  aliases: readonly string[];
  permitted: boolean;
}

/**
 * A kernel without heaps is an error (exit status 1): nothing of dmaflow's runs there. `--json` prints `[]` even then,
 * so that what reads it needs no special case.
 */
export function heapsCommand(kernel: Kernel, options: { json?: boolean }): CommandOutput {
  try {
    const heaps = listHeaps(kernel);
    const reports = heaps.map(toReport);
    return { stdout: options.json ? toJson(reports) : toText(reports), stderr: hints(heaps), exitCode: 0 };
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { stdout: options.json ? toJson([]) : '', stderr: `dmaflow: ${error.message}`, exitCode: 1 };
  }
}

function toReport({ name, kind, path, aliases, permitted }: Heap): HeapReport {
  return { name, kind, path, aliases, permitted };
}

function toText(heaps: readonly HeapReport[]): string {
  return formatTable(
    ['name', 'kind', 'also named', 'permitted', 'path'],
    heaps.map(({ name, kind, aliases, permitted, path }) => [
      name,
      kind,
      aliases.join(', ') || '-',
      permitted ? 'yes' : 'no',
      path,
    ]),
  );
}

function hints(heaps: readonly Heap[]): string {
  if (heaps.length === 0) {
    return (
      `${HEAP_DIRECTORY} is empty: build the kernel with CONFIG_DMABUF_HEAPS_SYSTEM=y and CONFIG_DMABUF_HEAPS_CMA=y, ` +
      'or load the modules system_heap and cma_heap'
    );
  }
  if (heaps.every(({ permitted }) => permitted)) return '';
  return (
    `You may not open some heaps: add the udev rule '${HEAP_UDEV_RULE}' (as /etc/udev/rules.d/60-dma-heap.rules, then: ` +
    'sudo udevadm control --reload && sudo udevadm trigger), be in that group, and log in again'
  );
}
