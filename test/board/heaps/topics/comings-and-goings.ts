/** Heaps whose drivers are modules come and go: what udev does then, done by hand. */
import { mkdirSync, renameSync } from 'node:fs';
import { DmaHeapAllocator, listHeaps, loadKernel, memoryRequirement } from 'dmaflow';
import { HEAP_DIRECTORY } from '../../../../src/allocators/heaps';

const HIDDEN = '/dev/hidden-heaps';
const MIB = 2 ** 20;

/** @param cma names of the heaps of contiguous memory */
export function comingsAndGoings(cma: readonly string[]): void {
  const hide = (name: string) => renameSync(`${HEAP_DIRECTORY}/${name}`, `${HIDDEN}/${name}`);
  const show = (name: string) => renameSync(`${HIDDEN}/${name}`, `${HEAP_DIRECTORY}/${name}`);
  const request = { length: MIB, name: 'coming', requirement: memoryRequirement({ contiguous: true }) };

  beforeAll(() => mkdirSync(HIDDEN));

  it('finds a heap that appears later, with an allocator that missed it before', async () => {
    using allocator = new DmaHeapAllocator(loadKernel());
    for (const name of cma) hide(name);
    try {
      expect(listHeaps().map(({ kind }) => kind)).not.toContain('contiguous');
      await expect(allocator.allocate(request)).rejects.toThrow(/this kernel has no CMA heap/);
    } finally {
      for (const name of cma) show(name);
    }
    const { buffer, heap } = await allocator.allocate(request);
    using _owned = buffer;
    expect(heap).toBe(cma[0]);
  });

  it('says so where a heap that was chosen has vanished', async () => {
    const name = cma[0] ?? '';
    using allocator = new DmaHeapAllocator(loadKernel(), { heaps: { contiguous: name } });
    hide(name);
    try {
      await expect(allocator.allocate(request)).rejects.toMatchObject({
        code: 'ENOENT',
        path: `${HEAP_DIRECTORY}/${name}`,
        message: expect.stringMatching(
          /There is no such heap, chosen by option heaps\.contiguous; heaps present: /,
        ),
      });
    } finally {
      show(name);
    }
  });
}
