import { DmaHeapAllocator, type HeapPreferences, memoryRequirement } from '../../../src';
import { FakeMemory } from '../../../src/testing/fake-memory';

const CPU = memoryRequirement({ cpu: 'read-write', device: false });
const SHARED = memoryRequirement({ cpu: 'read', device: true });
const name = 'dmaflow:test:0';

let kernel: FakeMemory;

beforeEach(() => {
  kernel = new FakeMemory(4096);
});
afterEach(() => expect(kernel.left()).toEqual([]));

const allocator = (heaps: HeapPreferences = {}) => new DmaHeapAllocator(kernel, { heaps, env: {} });

describe.each(['allocate', 'allocateSync'] as const)('%s', (allocate) => {
  it('makes a dma-buf by /dev/udmabuf where no heap can give ordinary pages, and says so', async () => {
    kernel.addUdmabuf();
    using memory = allocator();
    const { buffer, heap, reason } = await memory[allocate]({ length: 5000, name, requirement: SHARED });
    using made = buffer;
    expect([heap, made.length, made.name]).toEqual(['udmabuf', 8192, name]);
    expect(reason).toMatch(/^the last resort, as no heap could give it: .*\/dev\/udmabuf/);
    expect(kernel.requests('memfd_create')).toHaveLength(1);
    made.cpuAccess('read').close();
    expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toHaveLength(2);
  });

  it('comes after every heap that has memory', async () => {
    kernel.addUdmabuf();
    kernel.addHeap('system', { contiguous: false, bytes: 4096 });
    using memory = allocator();
    const first = await memory[allocate]({ length: 4096, name, requirement: CPU });
    const second = await memory[allocate]({ length: 4096, name, requirement: CPU });
    expect([first.heap, second.heap]).toEqual(['system', 'udmabuf']);
    expect(second.fallbacks.map(({ heap }) => heap)).toEqual(['system']);
    first.buffer.close();
    second.buffer.close();
  });

  it('takes a memfd where there is no dma-buf at all, without any sync', async () => {
    using memory = allocator();
    const { buffer, heap, reason } = await memory[allocate]({ length: 100, name, requirement: CPU });
    using made = buffer;
    expect([heap, made.length]).toEqual(['memfd', 4096]);
    expect(reason).toBe('this machine has no dma-bufs: pages of a memfd, which no device can use');
    const access = made.cpuAccess('read-write');
    access.bytes[7] = 9;
    access.close();
    using again = made.cpuAccess('read');
    expect(again.bytes[7]).toBe(9);
    expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toEqual([]);
  });
});

it('gives neither to a device that needs contiguous memory, nor a memfd to any device', async () => {
  using memory = allocator();
  const request = { length: 4096, name };
  await expect(memory.allocate({ ...request, requirement: SHARED })).rejects.toThrow(/no dma-buf heaps/);
  kernel.addUdmabuf();
  const requirement = memoryRequirement({ contiguous: true });
  await expect(memory.allocate({ ...request, requirement })).rejects.toThrow(/no dma-buf heaps/);
});

it('gives nothing encrypted to a device of a confidential VM', () => {
  kernel.addUdmabuf();
  kernel.addHeap('system_cc_shared', { contiguous: false });
  using memory = allocator();
  const names = (requirement: typeof CPU) => memory.candidates(requirement).map(({ heap }) => heap.name);
  expect(names(SHARED)).toEqual(['system_cc_shared']);
  expect(names(CPU)).toEqual(['system_cc_shared', 'udmabuf']);
});

it.each(['udmabuf', 'memfd'])('can be chosen by name: %s', async (cpu) => {
  kernel.addUdmabuf();
  kernel.addHeap('system', { contiguous: false });
  using memory = allocator({ cpu });
  const { buffer, heap, reason } = await memory.allocate({ length: 4096, name, requirement: CPU });
  buffer.close();
  expect(heap).toBe(cpu);
  expect(reason).toMatch(/^chosen by option heaps\.cpu: pages of a memfd/);
});

it('gives back the memfd of a dma-buf that could not be made', async () => {
  kernel.addUdmabuf();
  kernel.fail('UDMABUF_CREATE', 'ENOMEM', { times: 2 });
  using memory = allocator();
  const request = { length: 4096, name, requirement: CPU };
  await expect(memory.allocate(request)).rejects.toMatchObject({ code: 'ENOMEM', path: '/dev/udmabuf' });
  expect(() => memory.allocateSync(request)).toThrow(/MemAvailable/);
});
