import type { DmaBuf } from '../../../src/allocators/dma-buf';
import { Fence } from '../../../src/allocators/fence';
import { InvalidStateError } from '../../../src/errors';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, onePage } from './fake-machine';

let kernel: FakeMemory;
let buffer: DmaBuf;

beforeEach(() => {
  kernel = fakeMachine();
  buffer = onePage(kernel);
});
afterEach(() => {
  buffer.close();
  expect(kernel.left()).toEqual([]);
});

it('is what the buffer’s users have to wait for at the time', async () => {
  const reading = kernel.addFence(buffer.fd, { write: false });
  using forReaders = buffer.exportFence('read');
  using forWriters = buffer.exportFence('write');
  expect(await forReaders.wait({ timeout: 0 })).toBe(true);
  expect(await forWriters.wait({ timeout: 0 })).toBe(false);
  const waiting = forWriters.wait();
  reading.signal();
  expect(await waiting).toBe(true);
});

it('of a writer on one buffer makes the readers of another wait', async () => {
  using other = onePage(kernel, 'dmaflow:test:1');
  const writing = kernel.addFence(buffer.fd, { write: true });
  using fence = buffer.exportFence('write');
  other.importFence(fence, 'write');
  expect([other.isReady(false), other.isReady(true)]).toEqual([false, false]);
  writing.signal();
  expect(other.isReady(false)).toBe(true);
});

it('of a reader lets readers be', () => {
  using other = onePage(kernel, 'dmaflow:test:1');
  const writing = kernel.addFence(buffer.fd, { write: true });
  using fence = buffer.exportFence('write');
  other.importFence(fence, 'read');
  expect([other.isReady(false), other.isReady(true)]).toEqual([true, false]);
  writing.signal();
});

it('ends its wait with the signal’s reason', async () => {
  kernel.addFence(buffer.fd, { write: true });
  using fence = buffer.exportFence('read');
  const controller = new AbortController();
  const waiting = fence.wait({ signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

it('is closed once, and then refused', () => {
  const fence = buffer.exportFence('read');
  fence.close();
  fence.close();
  expect(fence.closed).toBe(true);
  expect(() => fence.fd).toThrow(InvalidStateError);
  expect(() => buffer.importFence(fence, 'read')).toThrow(/this fence was closed/);
});

it('goes out to other code and comes in from it', () => {
  using fence = buffer.exportFence('read');
  const foreign = fence.exportFd();
  using back = Fence.fromForeignFd(kernel, foreign);
  expect(back.fd).toBe(foreign);
});

it('is for readers or for writers', () => {
  expect(() => buffer.exportFence('both' as 'read')).toThrow(
    /expected a fence's access 'read' or 'write', got "both"/,
  );
});
