/** Loads a stray pointer (touch.c) inside or outside of CPU accesses to one buffer, as its argument says. */
import { DmaHeapAllocator, loadKernel, memoryRequirement } from 'dmaflow';

const allocator = new DmaHeapAllocator(loadKernel(), { heaps: { cpu: 'system' } });
const requirement = memoryRequirement({ cpu: 'read-write', device: false });
const { buffer } = allocator.allocateSync({ name: 'dmaflow:guarded', length: 4096, requirement });
const box = { name: 'box', use: { accesses: 0, writes: 0, bytes: 0, syncCalls: 0, syncTime: 0 } };

function access(mode: 'read' | 'read-write', inside: () => void, holder?: typeof box): void {
  using px = buffer.cpuAccess(mode, holder);
  if (px.bytes.length !== buffer.length) throw new Error('no bytes');
  inside();
}

function touch(): void {
  try {
    process.dlopen({ exports: {} }, process.env.TOUCH_LIBRARY ?? '');
  } catch {
    // It is loaded all the same, and has done its work.
  }
}

const nothing = () => {};
const modes: Record<string, () => void> = {
  inside: () => {
    access('read-write', touch, box);
    access('read', nothing, box);
    using px = buffer.cpuAccess('read');
    console.log(`read back ${px.bytes[16]}`);
  },
  never: () => {
    access('read', nothing);
    touch();
  },
  after: () => {
    access('read-write', nothing, box);
    touch();
  },
  reading: () => access('read', touch, box),
};
modes[process.argv[2] ?? '']?.();
buffer.close();
allocator.close();
