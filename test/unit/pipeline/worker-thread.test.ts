/** A worker thread and the bytes of frames, over the real kernel: on pages of any machine, where it has no dma-bufs. */
import { readdirSync, readlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type * as cpuUse from '../../../src/allocators/cpu-use';
import type * as frames from '../../../src/pipeline/frame';
import type { FrameLayout } from '../../../src/pipeline/frame-layout';
import type * as leases from '../../../src/pipeline/frame-lease';
import type * as threads from '../../../src/pipeline/worker-thread';
import { compiledLibrary } from '../../support/compiled-library';

const compiled = compiledLibrary();
const { DmaHeapAllocator, loadKernel, memoryRequirement } = compiled.library;
const { WorkerThread } = compiled.load<typeof threads>('pipeline/worker-thread');
const { Frame } = compiled.load<typeof frames>('pipeline/frame');
const { FrameLease } = compiled.load<typeof leases>('pipeline/frame-lease');
const { accessHolder } = compiled.load<typeof cpuUse>('allocators/cpu-use');

class KeptLease extends FrameLease {
  protected override giveBack(): void {}
}

const LENGTH = 4096;
const NAME = 'dmaflow:worker';
const layout: FrameLayout = {
  format: 'XRGB8888',
  arrangement: 'one-buffer',
  width: 32,
  height: 32,
  planes: [{ memory: 0, offset: 0, stride: 128, rows: 32, length: LENGTH }],
  memoryPlanes: [LENGTH],
  colorSpace: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true },
  fps: undefined,
};

afterAll(() => compiled[Symbol.dispose]());

/** Fds of this process on the buffer's memory, over all threads. */
const opened = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes(NAME);
    } catch {
      return false;
    }
  }).length;

it('gets the memory itself, opens it once, and its views die with their access', async () => {
  const module = compiled.write(
    'paints.cjs',
    `const kept = [];
    module.exports = ({ frame }) => {
      for (const view of kept) if (view.byteLength !== 0) throw new Error('a view outlives its access');
      using_(frame.cpuAccess(), ({ planes: [{ data }] }) => {
        kept.push(data, data.subarray(1), Buffer.from(data.buffer));
        data.fill(frame.sequence);
      });
    };
    function using_(access, use) { try { use(access); } finally { access.close(); } }`,
  );
  using allocator = new DmaHeapAllocator(loadKernel());
  const requirement = memoryRequirement({ cpu: 'read-write', device: false });
  const { buffer } = allocator.allocateSync({ name: NAME, length: LENGTH, requirement });
  const setup = { module: pathToFileURL(module).href, exportName: 'default', stage: 'paint', layout };
  const ended: Error[] = [];
  const thread = new WorkerThread({ ...setup, access: 'read-write' }, 0, (error) => ended.push(error));
  await thread.ready;
  expect(opened()).toBe(1);

  for (const sequence of [7, 8, 9]) {
    const lease = new KeptLease([buffer]);
    const metadata = { sequence, timestamp: 0, bytesUsed: [LENGTH] };
    const frame = new Frame(lease, layout, metadata, accessHolder('test'), 'read-write');
    await thread.process(frame);
    frame.close();
    expect(lease.handles).toBe(0);
    using px = buffer.cpuAccess('read');
    expect(px.bytes.every((byte) => byte === sequence)).toBe(true);
    expect(opened()).toBe(2);
  }
  expect(thread.use).toMatchObject({ accesses: 3, writes: 3, bytes: 3 * LENGTH });
  await thread.close();
  expect(opened()).toBe(1);
  buffer.close();
  expect(opened()).toBe(0);
  expect(ended).toEqual([]);
}, 60_000);
