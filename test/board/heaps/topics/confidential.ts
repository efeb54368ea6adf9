/**
 * The heap of a confidential VM. No emulated machine is one: its node is made here, with the number of the system heap,
 * so what is tested is the choice and not the decryption.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import {
  cpuStage,
  DmaHeapAllocator,
  kmsSink,
  listHeaps,
  loadKernel,
  memoryRequirement,
  Pipeline,
  v4l2Source,
} from 'dmaflow';
import { videoNode } from '../../../support/board/devices';

const NODE = '/dev/dma_heap/system_cc_shared';

/** vivid's second camera of this boot: its driver takes any pages. */
const pageCamera = () => videoNode('vivid-001-vid-cap');

export function confidentialHeap(): void {
  beforeAll(() => {
    const number = loadKernel().statNode('/dev/dma_heap/system')?.device.split(':') ?? [];
    execFileSync('mknod', [NODE, 'c', ...number]);
  });
  afterAll(() => rmSync(NODE));

  it('is a heap of its own', () => {
    expect(listHeaps()).toContainEqual(
      expect.objectContaining({ name: 'system_cc_shared', kind: 'confidential', aliases: [] }),
    );
  });

  it.each([
    [true, 'system_cc_shared', /shared with a device of a confidential VM/],
    [false, 'system', /need not be contiguous/],
  ])('is chosen where a device shares the buffers: %p', async (device, name, why) => {
    using allocator = new DmaHeapAllocator(loadKernel());
    const requirement = memoryRequirement({ cpu: 'read-write', device });
    const { buffer, heap, reason } = await allocator.allocate({ length: 4096, name: 'shared', requirement });
    using _owned = buffer;
    expect(heap).toBe(name);
    expect(reason).toMatch(why);
  });

  it('is chosen for a CPU stage between a camera and a display', async () => {
    let looked = 0;
    await using pipeline = new Pipeline(
      { memory: 'auto' },
      v4l2Source({ device: pageCamera(), width: 320, height: 240, fps: 15, frames: 4 }),
      cpuStage({ access: 'read', policy: 'every', max: 4 }, () => {
        looked++;
      }),
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    expect(pipeline.explain()).toMatch(/^heap +system_cc_shared: shared with a device of a confidential VM/m);
    await pipeline.ended;
    expect(looked).toBe(4);
  });
}
