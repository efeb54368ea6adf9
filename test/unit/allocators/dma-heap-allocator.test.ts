import { DmaHeapAllocator } from '../../../src/allocators/dma-heap-allocator';
import { memoryRequirement } from '../../../src/allocators/memory-requirement';
import { InvalidStateError, type KernelError, UnsupportedError } from '../../../src/errors';
import { FakeMemory } from '../../../src/testing/fake-memory';
import { CONTIGUOUS, fakeMachine, MIB, PAGES } from './fake-machine';

const env = {};
const name = 'dmaflow:test:0';

/** All requests of one length. */
const several = (count: number, length = MIB) =>
  Array.from({ length: count }, (_, index) => ({ length, name: `t:${index}` }));

function expectNothingLeft(kernel: FakeMemory): void {
  expect(kernel.left()).toEqual([]);
}

describe.each([
  ['allocate', 'allocateMany'],
  ['allocateSync', 'allocateManySync'],
] as const)('%s', (one, many) => {
  it('gives contiguous memory from the default CMA region and says why', async () => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { env });
    const { buffer, heap, reason, fallbacks } = await allocator[one]({
      length: 3686400,
      requirement: CONTIGUOUS,
      name,
    });
    expect(buffer).toMatchObject({ length: 3686400, name, heap: 'default_cma_region' });
    expect({ heap, reason, fallbacks }).toEqual({
      heap: 'default_cma_region',
      reason: "contiguous memory, the kernel's default CMA region",
      fallbacks: [],
    });
    expect(kernel.heapUsed('default_cma_region')).toBe(3686400);
    buffer.close();
    allocator.close();
    expectNothingLeft(kernel);
  });

  it('spares CMA where memory need not be contiguous', async () => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { env });
    const { buffer, heap } = await allocator[one]({ length: 4096, requirement: PAGES, name });
    expect(heap).toBe('system');
    buffer.close();
  });

  it('rounds the length up to the size alignment', async () => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { env });
    const requirement = memoryRequirement({ sizeAlignment: 65536 });
    const { buffer } = await allocator[one]({ length: 65537, requirement, name });
    expect(buffer.length).toBe(131072);
    buffer.close();
  });

  it('goes to the next heap that satisfies when one has not enough, and says so', async () => {
    const kernel = fakeMachine({ cmaBytes: 2 * MIB });
    kernel.addHeap('video@70000000', { contiguous: true, bytes: MIB });
    using allocator = new DmaHeapAllocator(kernel, { env });
    const requirement = memoryRequirement({ contiguous: true, regions: ['video@70000000'] });
    const { buffers, heap, reason, fallbacks } = await allocator[many](several(2), requirement);
    expect(heap).toBe('default_cma_region');
    expect(reason).toBe(
      "contiguous memory, the kernel's default CMA region; video@70000000 had not enough memory",
    );
    expect(fallbacks).toMatchObject([{ heap: 'video@70000000', error: { code: 'ENOMEM' } }]);
    expect(buffers.map((buffer) => buffer.heap)).toEqual(['default_cma_region', 'default_cma_region']);
    expect(kernel.heapUsed('video@70000000')).toBe(0);
    for (const buffer of buffers) buffer.close();
  });

  it('never falls to a heap that does not satisfy: ENOMEM with the figures, and nothing kept', async () => {
    const kernel = fakeMachine({ cmaBytes: 4 * MIB });
    const allocator = new DmaHeapAllocator(kernel, { env });
    const error = await failure(() => allocator[many](several(6), CONTIGUOUS));
    expect(error).toMatchObject({
      code: 'ENOMEM',
      syscall: 'DMA_HEAP_IOCTL_ALLOC',
      path: '/dev/dma_heap/default_cma_region',
    });
    expect(error.message).toContain('Asked for 6 × 1 MiB (6 MiB), of which it gave 4 before it ran out.');
    expect(error.message).toMatch(
      /CmaTotal\s+4096 kB, CmaFree\s+4096 kB\. Use fewer or smaller buffers, or .*cma=/,
    );
    expect(kernel.heapUsed('system')).toBe(0);
    expect(kernel.heapUsed('default_cma_region')).toBe(0);
    allocator.close();
    expectNothingLeft(kernel);
  });

  it('takes the heap that the user chose, and stays with it', async () => {
    const kernel = fakeMachine({ cmaBytes: MIB });
    kernel.addHeap('video@70000000', { contiguous: true });
    using allocator = new DmaHeapAllocator(kernel, {
      heaps: { contiguous: 'reserved' },
      env: { DMAFLOW_HEAP_CPU: 'reserved' },
    });
    const error = await failure(() => allocator[many](several(2), CONTIGUOUS));
    expect(error.code).toBe('ENOMEM');
    expect(error.message).not.toContain('video@70000000');
    const { buffer, reason } = await allocator[one]({ length: 4096, requirement: PAGES, name });
    expect([buffer.heap, reason]).toEqual(['default_cma_region', 'chosen by DMAFLOW_HEAP_CPU']);
    buffer.close();
  });

  it('forced to system for contiguous memory does it, with a warning in the reason', async () => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { heaps: { contiguous: 'system' }, env });
    const { buffer, heap, reason } = await allocator[one]({ length: 4096, requirement: CONTIGUOUS, name });
    expect(heap).toBe('system');
    expect(reason).toContain('it is not contiguous');
    buffer.close();
  });

  it('says who may open the heap, and how to change it', async () => {
    const kernel = fakeMachine();
    for (const heap of ['default_cma_region', 'reserved'])
      kernel.setPermission(`/dev/dma_heap/${heap}`, { readable: false });
    using allocator = new DmaHeapAllocator(kernel, { env });
    const error = await failure(() => allocator[one]({ length: 4096, requirement: CONTIGUOUS, name }));
    expect(error.message).toMatch(/^open on \/dev\/dma_heap\/default_cma_region: EACCES\./);
    expect(error.message).toContain('SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"');
    expect(kernel.heapUsed('system')).toBe(0);
  });

  it('opens the legacy name where only that is permitted', async () => {
    const kernel = fakeMachine();
    kernel.setPermission('/dev/dma_heap/default_cma_region', { readable: false });
    using allocator = new DmaHeapAllocator(kernel, { env });
    const { buffer, heap } = await allocator[one]({ length: 4096, requirement: CONTIGUOUS, name });
    expect(heap).toBe('default_cma_region');
    expect(kernel.requests('open').map(({ path }) => path)).toEqual(['/dev/dma_heap/reserved']);
    buffer.close();
  });

  it('lists the heaps where the one it was to open is gone', async () => {
    const kernel = fakeMachine();
    kernel.fail('open', 'ENOENT');
    using allocator = new DmaHeapAllocator(kernel, { env });
    const error = await failure(() => allocator[one]({ length: 4096, requirement: PAGES, name }));
    expect(error.message).toMatch(/system: ENOENT\. The heap is gone; heaps present: default_cma_region/);
  });

  it('says that the kernel has no CMA heap (cma=0)', async () => {
    const kernel = new FakeMemory(4096);
    kernel.addHeap('system', { contiguous: false });
    kernel.addText('/proc/cmdline', 'quiet cma=0\n');
    using allocator = new DmaHeapAllocator(kernel, { env });
    const error = await failure(() => allocator[one]({ length: 4096, requirement: CONTIGUOUS, name }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(/no CMA heap .*'cma=0'.*CONFIG_DMABUF_HEAPS_CMA/);
  });

  it('gives back what it has where the kernel fails otherwise', async () => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { env });
    kernel.fail('DMA_HEAP_IOCTL_ALLOC', 'EMFILE', { after: 2 });
    expect(await failure(() => allocator[many](several(4), CONTIGUOUS))).toMatchObject({ code: 'EMFILE' });
    kernel.fail('DMA_BUF_SET_NAME_B', 'EFAULT', { after: 1 });
    expect(await failure(() => allocator[many](several(4), CONTIGUOUS))).toMatchObject({ code: 'EFAULT' });
    expect(kernel.heapUsed('default_cma_region')).toBe(0);
    allocator.close();
    expectNothingLeft(kernel);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d bytes', async (length) => {
    const kernel = fakeMachine();
    using allocator = new DmaHeapAllocator(kernel, { env });
    const error = await failure(() => allocator[one]({ length, requirement: PAGES, name }));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toContain(`got ${length}`);
  });

  it('opens a heap once, read-only, and closes it with the allocator', async () => {
    const kernel = fakeMachine();
    const allocator = new DmaHeapAllocator(kernel, { env });
    const first = await allocator[one]({ length: 4096, requirement: PAGES, name });
    const second = await allocator[one]({ length: 4096, requirement: PAGES, name });
    expect(kernel.requests('open')).toMatchObject([
      { path: '/dev/dma_heap/system', args: { access: 'read' } },
    ]);
    allocator.close();
    allocator.close();
    expect(await failure(() => allocator[one]({ length: 4096, requirement: PAGES, name }))).toBeInstanceOf(
      InvalidStateError,
    );
    expect(second.buffer.length).toBe(4096);
    first.buffer.close();
    second.buffer.close();
    expectNothingLeft(kernel);
  });
});

it('takes CMA from a worker thread, not on the event loop', async () => {
  const kernel = fakeMachine();
  const blocking = jest.spyOn(kernel, 'heapAlloc');
  jest.spyOn(kernel, 'heapAllocAsync').mockImplementation(async (heapFd, length) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return FakeMemory.prototype.heapAlloc.call(kernel, heapFd, length);
  });
  const allocator = new DmaHeapAllocator(kernel, { env });
  const allocating = allocator.allocateMany(several(2), CONTIGUOUS);
  // close() while a worker thread uses the heap's fd: the fd stays open until it is done.
  allocator.close();
  expect(kernel.left()).toContainEqual(expect.stringContaining('/dev/dma_heap/default_cma_region'));
  const { buffers } = await allocating;
  expect(blocking).not.toHaveBeenCalled();
  expect(buffers).toHaveLength(2);
  for (const buffer of buffers) buffer.close();
  expectNothingLeft(kernel);
});

it('refuses a bad heap name when it is made', () => {
  expect(() => new DmaHeapAllocator(fakeMachine(), { heaps: { contiguous: '../x' }, env })).toThrow(
    RangeError,
  );
  expect(() => new DmaHeapAllocator(fakeMachine(), { env: { DMAFLOW_HEAP_CPU: 'a/b' } })).toThrow(
    /^DMAFLOW_HEAP_CPU: /,
  );
});

it('finds a heap that appeared after it was made', () => {
  const kernel = new FakeMemory(4096);
  kernel.addHeap('system', { contiguous: false });
  using allocator = new DmaHeapAllocator(kernel, { env });
  expect(allocator.candidates(CONTIGUOUS)).toEqual([]);
  kernel.addHeap('reserved', { contiguous: true });
  expect(allocator.candidates(CONTIGUOUS).map(({ heap }) => heap.name)).toEqual(['reserved']);
  const { buffer } = allocator.allocateSync({ length: 4096, requirement: CONTIGUOUS, name });
  expect(buffer.heap).toBe('reserved');
  buffer.close();
});

/** What a call throws or rejects with. */
async function failure(call: () => unknown): Promise<KernelError> {
  try {
    await call();
  } catch (error) {
    return error as KernelError;
  }
  throw new Error('expected it to fail');
}
