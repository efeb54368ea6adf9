import { DmaBuf } from '../../../src/allocators/dma-buf';
import type { MemoryRequirement } from '../../../src/allocators/memory-requirement';
import { memoryRequirement } from '../../../src/allocators/memory-requirement';
import type { NodeStatus } from '../../../src/native/kernel';
import { FakeMemory } from '../../../src/testing/fake-memory';

export const MIB = 1024 * 1024;
export const CONTIGUOUS: MemoryRequirement = memoryRequirement({ contiguous: true });
export const PAGES: MemoryRequirement = memoryRequirement({ cpu: 'read-write' });

/** A machine of Linux 6.17 or newer: the default CMA region, its legacy name, and the system heap. */
export function fakeMachine(options: { cmaBytes?: number } = {}): FakeMemory {
  const kernel = new FakeMemory(4096);
  kernel.addHeap('default_cma_region', { contiguous: true, bytes: options.cmaBytes ?? 64 * MIB });
  kernel.addHeap('reserved', { contiguous: true, aliasOf: 'default_cma_region' });
  kernel.addHeap('system', { contiguous: false });
  return kernel;
}

/** One buffer of one page, its heap closed again. */
export function onePage(kernel: FakeMemory, name = 'dmaflow:test:0'): DmaBuf {
  const heapFd = kernel.open('/dev/dma_heap/system', { access: 'read' });
  try {
    return DmaBuf.adopt(kernel, kernel.heapAlloc(heapFd, 4096), { name, heap: 'system' });
  } finally {
    kernel.close(heapFd);
  }
}

export function nodeStatus(device: string, more: Partial<NodeStatus> = {}): NodeStatus {
  return { device, uid: 0, gid: 0, mode: 0o600, changed: 0, readable: true, writable: true, ...more };
}

/** Looks into /dev, /proc and /sys that exist only in a test: directories, device nodes, texts. */
export function fakePaths(tree: {
  directories?: Record<string, string[]>;
  nodes?: Record<string, NodeStatus>;
  texts?: Record<string, string>;
}) {
  return {
    listDirectory: (path: string) => tree.directories?.[path],
    statNode: (path: string) => tree.nodes?.[path],
    readText: (path: string) => tree.texts?.[path],
  };
}
