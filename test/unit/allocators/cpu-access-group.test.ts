import { CpuAccessGroup } from '../../../src/allocators/cpu-access-group';
import type { DmaBuf } from '../../../src/allocators/dma-buf';
import { InvalidStateError, KernelError } from '../../../src/errors';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, onePage } from './fake-machine';

let kernel: FakeMemory;
let luma: DmaBuf;
let chroma: DmaBuf;

beforeEach(() => {
  kernel = fakeMachine();
  luma = onePage(kernel, 'dmaflow:test:0.p0');
  chroma = onePage(kernel, 'dmaflow:test:0.p1');
});

afterEach(() => {
  luma.close();
  chroma.close();
  expect(kernel.violations).toEqual([]);
  expect(kernel.left()).toEqual([]);
});

const syncRequests = () => kernel.requests('DMA_BUF_IOCTL_SYNC').map(({ args }) => args.flags);

it('opens one scope for each distinct dma-buf, however many entries share it', () => {
  {
    using again = luma.clone();
    using group = new CpuAccessGroup([luma, again, chroma], 'read-write');
    expect(syncRequests()).toEqual([3, 3]);
    expect(group.bytes(0)).toBe(group.bytes(1));
    expect(group.bytes(2)).not.toBe(group.bytes(0));
  }
  expect(syncRequests()).toEqual([3, 3, 7, 7]);
});

it('knows its entries, and closes once', () => {
  const group = new CpuAccessGroup([luma], 'read');
  expect(() => group.bytes(1)).toThrow(/expected a memory plane from 0 to 0, got 1/);
  expect(group.closed).toBe(false);
  group.close();
  group.close();
  expect(group.closed).toBe(true);
  expect(() => group.bytes(0)).toThrow(InvalidStateError);
  expect(syncRequests()).toEqual([1, 5]);
});

it('opens all or none', () => {
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO', { after: 1 });
  expect(() => new CpuAccessGroup([luma, chroma], 'read')).toThrow(KernelError);
  expect(syncRequests()).toEqual([1, 1, 5]);
});

it('closes all, and throws what failed', () => {
  const group = new CpuAccessGroup([luma, chroma], 'write');
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
  expect(() => group.close()).toThrow(expect.objectContaining({ code: 'EIO' }));
  expect(luma.syncCount.ends + chroma.syncCount.ends).toBe(1);
});

it('throws all that failed', () => {
  const group = new CpuAccessGroup([luma, chroma], 'write');
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO', { times: 2 });
  expect(() => group.close()).toThrow(AggregateError);
  expect(group.closed).toBe(true);
});
