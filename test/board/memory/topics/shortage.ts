/** A CMA region of 32 MiB: what does not fit is an error, never other memory; and machines without heaps. */
import { renameSync } from 'node:fs';
import {
  DmaHeapAllocator,
  KernelError,
  kmsSink,
  loadKernel,
  memoryRequirement,
  Pipeline,
  v4l2Source,
} from 'dmaflow';
import { singlePlanarCamera } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { failureOf } from '../../../support/board/pipelines';

const CPU = memoryRequirement({ cpu: 'read-write', device: false });
const LENGTH = 2 * 2 ** 20;

export function shortage(): void {
  it('of contiguous memory: says what was asked, what there is, and how to get more; takes no pages instead', async () => {
    const camera = { device: singlePlanarCamera(), width: 1280, height: 720, frames: 3 };
    const error = await failureOf(
      new Pipeline({ buffers: 16 }, v4l2Source(camera), kmsSink({ card: 'vkms' })),
    );
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'ENOMEM', path: '/dev/dma_heap/default_cma_region' });
    expect(error.message).toMatch(
      /Asked for 16 × 3\.5 MiB \(56\.3 MiB\), of which it gave \d+ before it ran out\. CmaTotal 32768 kB, CmaFree \d+ kB\. Use fewer or smaller buffers, or enlarge the region \(cma=SIZE on the kernel command line, or the region's size in the device tree\)/,
    );
    expect(allDmaBufs()).toEqual([]);
    // Fewer do.
    const stats = await new Pipeline({ buffers: 4 }, v4l2Source(camera), kmsSink({ card: 'vkms' })).run();
    expect(stats).toMatchObject({ captured: 3, heap: 'default_cma_region' });
  });

  describe('of heaps', () => {
    const hide = (path: string) => {
      renameSync(path, `${path}.hidden`);
      return { [Symbol.dispose]: () => renameSync(`${path}.hidden`, path) };
    };

    it('leaves /dev/udmabuf for the CPU', async () => {
      using _heaps = hide('/dev/dma_heap');
      const { buffer, heap, reason } = await allocatePages();
      using pages = buffer;
      expect([heap, reason]).toEqual(['udmabuf', expect.stringContaining('the last resort')]);
      expect(allDmaBufs()).toMatchObject([{ inode: pages.inode, size: LENGTH, name: 'pages' }]);
      using access = pages.cpuAccess('read-write');
      fillAndCheck(access.bytes);
    });

    it('and of /dev/udmabuf leaves a memfd', async () => {
      using _heaps = hide('/dev/dma_heap');
      using _udmabuf = hide('/dev/udmabuf');
      const { buffer, heap, reason } = await allocatePages();
      using pages = buffer;
      expect([heap, reason]).toEqual(['memfd', expect.stringContaining('no dma-bufs')]);
      expect(allDmaBufs()).toEqual([]);
      using access = pages.cpuAccess('read-write');
      fillAndCheck(access.bytes);
    });
  });
}

/** The buffer outlives the allocator. */
async function allocatePages() {
  using allocator = new DmaHeapAllocator(loadKernel());
  return await allocator.allocate({ length: LENGTH, name: 'pages', requirement: CPU });
}

function fillAndCheck(bytes: Uint8Array): void {
  expect(bytes).toHaveLength(LENGTH);
  bytes.fill(0x5a);
  expect(bytes.every((byte) => byte === 0x5a)).toBe(true);
}
