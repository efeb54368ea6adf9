/** What a display shows, read back through its writeback connector into a buffer of its own. */
import { DmaHeapAllocator } from '../../allocators/dma-heap-allocator';
import { bufferName } from '../../allocators/kernel-name';
import { memoryRequirement } from '../../allocators/memory-requirement';
import { planeLayout } from '../../formats/plane-layout';
import type { KmsPropertyValue } from '../../native/kms';
import type { Screenshot } from '../../pipeline/screenshot';
import type { Display } from './display';
import type { Modeset } from './modeset';
import { Writeback } from './writeback';

/** Makes one commit with these properties, and waits for its out-fence. */
export type CommitOnce = (
  properties: KmsPropertyValue[],
  outFence: { objectId: number; propertyId: number },
) => Promise<void>;

/**
 * @param heap the heap of the frames, where they came from one: what the display reads from there, it can write to.
 * @throws UnsupportedError where no writeback connector is attached.
 */
export async function takeScreenshot(
  display: Display,
  modeset: Modeset,
  heap: string | undefined,
  commitOnce: CommitOnce,
): Promise<Screenshot> {
  const format = Writeback.format(display);
  const { width, height } = modeset.mode;
  const { planes, size } = planeLayout(format, { width, height });
  const stride = planes[0]?.stride ?? 0;

  const heaps = heap === undefined ? {} : { contiguous: [heap] };
  using allocator = new DmaHeapAllocator(display.card.kernel, { heaps });
  const { buffer } = await allocator.allocate({
    length: size,
    name: bufferName('screenshot'),
    requirement: memoryRequirement({ contiguous: true, cpu: 'read', count: 1 }),
  });
  using target = buffer;
  using writeback = Writeback.prepare(
    display,
    modeset,
    { format: format.name, width, height, planes },
    { planes: [target] },
  );
  await commitOnce([...writeback.properties], writeback.outFence);
  using access = target.cpuAccess('read');
  return { width, height, format: format.name, stride, data: access.bytes.slice(0, size) };
}
