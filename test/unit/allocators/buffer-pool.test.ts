import { BufferPool } from '../../../src/allocators/buffer-pool';
import { DmaHeapAllocator } from '../../../src/allocators/dma-heap-allocator';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { CONTIGUOUS, fakeMachine, MIB } from './fake-machine';

let kernel: FakeMemory;
let allocator: DmaHeapAllocator;

beforeEach(() => {
  kernel = fakeMachine({ cmaBytes: 8 * MIB });
  allocator = new DmaHeapAllocator(kernel, { env: {} });
});

afterEach(() => {
  allocator.close();
  expect(kernel.left()).toEqual([]);
});

const names = (pool: BufferPool) => pool.buffers.map(({ planes }) => planes.map((plane) => plane.name));

it('has a fixed number of buffers, named after owner and index', async () => {
  using pool = await BufferPool.allocate(allocator, {
    owner: 'camera',
    count: 4,
    planeLengths: [MIB],
    requirement: CONTIGUOUS,
  });
  expect(names(pool)).toEqual([
    [`dmaflow:${process.pid}/camera:0`],
    [`dmaflow:${process.pid}/camera:1`],
    [`dmaflow:${process.pid}/camera:2`],
    [`dmaflow:${process.pid}/camera:3`],
  ]);
  expect(pool.buffers.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(pool.totalLength).toBe(4 * MIB);
  expect(pool.source).toEqual({
    heap: 'default_cma_region',
    reason: "contiguous memory, the kernel's default CMA region",
    fallbacks: [],
    reused: 0,
  });
  expect(new Set(pool.buffers.map(({ planes }) => planes[0]?.inode)).size).toBe(4);
});

it('has a dma-buf for each memory plane', async () => {
  using pool = await BufferPool.allocate(allocator, {
    owner: 'camera',
    count: 2,
    planeLengths: [8192, 4096],
    requirement: CONTIGUOUS,
  });
  expect(names(pool)).toEqual([
    [`dmaflow:${process.pid}/camera:0.p0`, `dmaflow:${process.pid}/camera:0.p1`],
    [`dmaflow:${process.pid}/camera:1.p0`, `dmaflow:${process.pid}/camera:1.p1`],
  ]);
  expect(pool.buffers.map(({ planes }) => planes.map(({ length }) => length))).toEqual([
    [8192, 4096],
    [8192, 4096],
  ]);
});

it('gives half an allocated pool back', async () => {
  const request = { owner: 'camera', count: 9, planeLengths: [MIB], requirement: CONTIGUOUS };
  await expect(BufferPool.allocate(allocator, request)).rejects.toThrow(
    /Asked for 9 × 1 MiB \(9 MiB\), of which it gave 8/,
  );
  expect(kernel.heapUsed('default_cma_region')).toBe(0);
});

it('is given back by close, which can be called twice; a clone keeps its memory', async () => {
  const pool = await BufferPool.allocate(allocator, {
    owner: 'camera',
    count: 2,
    planeLengths: [MIB],
    requirement: CONTIGUOUS,
  });
  const clone = pool.buffers[1]?.planes[0]?.clone();
  pool.close();
  pool.close();
  expect(kernel.heapUsed('default_cma_region')).toBe(MIB);
  clone?.close();
  expect(kernel.heapUsed('default_cma_region')).toBe(0);
});

it('counts the cache synchronisations of all its buffers', async () => {
  using pool = await BufferPool.allocate(allocator, {
    owner: 'camera',
    count: 2,
    planeLengths: [4096, 4096],
    requirement: CONTIGUOUS,
  });
  expect(pool.syncCount).toEqual({ starts: 0, ends: 0, restarts: 0 });
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EINTR');
  for (const { planes } of pool.buffers) for (const plane of planes) plane.cpuAccess('read').close();
  expect(pool.syncCount).toEqual({ starts: 4, ends: 4, restarts: 1 });
});

it.each([
  [{ count: 0, planeLengths: [4096] }, /camera: expected a pool of at least 1 buffer, got 0/],
  [{ count: 1.5, planeLengths: [4096] }, /got 1.5/],
  [{ count: 2, planeLengths: [] }, /camera: expected at least one memory plane, got none/],
])('refuses %j', async (request, message) => {
  const allocating = BufferPool.allocate(allocator, { owner: 'camera', requirement: CONTIGUOUS, ...request });
  await expect(allocating).rejects.toThrow(RangeError);
  await expect(allocating).rejects.toThrow(message);
});

describe('adopt', () => {
  function exported(count: number): number[] {
    const heapFd = kernel.open('/dev/dma_heap/system', { access: 'read' });
    const fds = Array.from({ length: count }, () => kernel.heapAlloc(heapFd, 4096));
    kernel.close(heapFd);
    return fds;
  }

  it('makes a pool of what a driver exported', () => {
    const [first = 0, second = 0, third = 0, fourth = 0] = exported(4);
    using pool = BufferPool.adopt(kernel, {
      owner: 'camera',
      fds: [
        [first, second],
        [third, fourth],
      ],
      reason: 'the driver takes no other memory',
    });
    expect(pool.buffers.map(({ planes }) => planes.map(({ fd }) => fd))).toEqual([
      [first, second],
      [third, fourth],
    ]);
    expect(names(pool)[1]).toEqual([
      `dmaflow:${process.pid}/camera:1.p0`,
      `dmaflow:${process.pid}/camera:1.p1`,
    ]);
    expect(pool.source).toEqual({
      heap: undefined,
      reason: 'the driver takes no other memory',
      fallbacks: [],
      reused: 0,
    });
  });

  it('closes all fds where one cannot be adopted', () => {
    const fds = exported(3).map((fd) => [fd]);
    kernel.fail('lseek', 'ESPIPE', { after: 1 });
    expect(() => BufferPool.adopt(kernel, { owner: 'camera', fds, reason: '' })).toThrow(/lseek/);
    expect(kernel.heapUsed('system')).toBe(0);
  });
});
