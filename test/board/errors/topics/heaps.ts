/** Memory that cannot be had. */
import { renameSync } from 'node:fs';
import {
  DmaHeapAllocator,
  type HeapPreferences,
  KernelError,
  kmsSink,
  loadKernel,
  memoryRequirement,
  Pipeline,
  UnsupportedError,
  type V4l2SourceOptions,
} from 'dmaflow';
import { heapsCommand } from '../../../../src/cli/heaps';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { meminfo } from '../../../support/board/meminfo';
import { failureOf, smallCamera } from '../../../support/board/pipelines';

const MIB = 2 ** 20;

export function heapErrors(): void {
  const failureWith = (
    options: { heaps?: HeapPreferences; buffers?: number },
    camera: V4l2SourceOptions = {},
  ) => failureOf(new Pipeline(options, smallCamera({ frames: 2, ...camera }), kmsSink()));

  describe('without heaps', () => {
    const hidden = '/dev/dma_heap.hidden';
    beforeAll(() => renameSync('/dev/dma_heap', hidden));
    afterAll(() => renameSync(hidden, '/dev/dma_heap'));

    it('names the kernel options', async () => {
      const error = await failureWith({});
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toMatch(/^\/dev\/dma_heap does not exist: this kernel has no dma-buf heaps\./);
      expect(error.message).toMatch(/CONFIG_DMABUF_HEAPS=y.*CONFIG_DMABUF_HEAPS_CMA=y.*in a container, pass/);
    });

    it('dmaflow heaps: the same, an empty list, and exit status 1', () => {
      const { stdout, stderr, exitCode } = heapsCommand(loadKernel(), { json: true });
      expect([JSON.parse(stdout), exitCode]).toEqual([[], 1]);
      expect(stderr).toContain('dmaflow: /dev/dma_heap does not exist');
    });
  });

  it('unknown heap: lists the heaps', async () => {
    const error = await failureWith({ heaps: { contiguous: 'video@70000000' } });
    expect(error).toMatchObject({ code: 'ENOENT', path: '/dev/dma_heap/video@70000000' });
    expect(error.message).toContain(
      'There is no such heap, chosen by option heaps.contiguous; ' +
        'heaps present: default_cma_region (contiguous, also reserved), system (system)',
    );
  });

  it.each(['../video0', '/dev/dma_heap/system', 'a/b', '..'])(
    'a name that leads elsewhere: %s',
    async (name) => {
      const error = await failureWith({ heaps: { contiguous: name } });
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toBe(
        `option heaps.contiguous: "${name}" is not the name of a heap. ` +
          "Give the name alone, without '/' or '..': 'system' stands for /dev/dma_heap/system",
      );
    },
  );

  it('a name that leads elsewhere, out of the environment', async () => {
    process.env.DMAFLOW_HEAP_CONTIGUOUS = '../video0';
    try {
      const error = await failureWith({});
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toMatch(/^DMAFLOW_HEAP_CONTIGUOUS: "\.\.\/video0" is not the name of a heap/);
    } finally {
      delete process.env.DMAFLOW_HEAP_CONTIGUOUS;
    }
  });

  it('CMA exhausted: figures of the region and of what was asked', async () => {
    using allocator = new DmaHeapAllocator(loadKernel());
    const requirement = memoryRequirement({ contiguous: true });
    const { buffer } = await allocator.allocate({ length: 64 * MIB, name: 'hog', requirement });
    using _hog = buffer;
    const error = await failureWith({ buffers: 32 }, { width: 1280, height: 720 });
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({
      code: 'ENOMEM',
      syscall: 'DMA_HEAP_IOCTL_ALLOC',
      path: '/dev/dma_heap/default_cma_region',
    });
    const said =
      /ENOMEM\. Asked for 32 × 3\.5 MiB \(112\.5 MiB\), of which it gave (\d+) before it ran out\. CmaTotal (\d+) kB, CmaFree (\d+) kB\. Use fewer or smaller buffers, or enlarge the region \(cma=SIZE on the kernel command line/.exec(
        error.message,
      );
    const [given, total, free] = (said ?? []).slice(1).map(Number);
    expect(given).toBeGreaterThan(8);
    expect(given).toBeLessThan(19);
    expect(total).toBe(meminfo('CmaTotal'));
    // What it gave was given back before the figure was taken.
    expect(free).toBeGreaterThan((given ?? 0) * 3600);
    expect(free).toBeLessThanOrEqual((total ?? 0) - 64 * 1024);
    expect(allDmaBufs().map(({ name }) => name)).toEqual(['hog']);
  });

  // One memory plane: Linux 7.3 itself leaks dma-bufs when it refuses a buffer of several.
  it('system for a camera that needs contiguous memory: says why, and which heap to take', async () => {
    const error = await failureWith(
      { heaps: { contiguous: 'system' }, buffers: 16 },
      { width: 1280, height: 720 },
    );
    expect(error).toMatchObject({ code: 'EFAULT', syscall: 'VIDIOC_QBUF' });
    expect(error.message).toMatch(/^VIDIOC_QBUF on \/dev\/video\d+: EFAULT\. /);
    expect(error.message).toContain(
      'The camera needs physically contiguous memory; heap `system` gives scattered pages. ' +
        'Leave the heap out, or use `default_cma_region`.',
    );
  });
}
