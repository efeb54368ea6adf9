/**
 * The memory regions that the device tree gives to a device: `memory-region` of its node
 * (Documentation/devicetree/bindings/reserved-memory/reserved-memory.yaml in the kernel). A reusable region is a heap
 * under its node's full name.
 */
import { RESERVED_MEMORY } from '../allocators/heaps';
import type { Kernel } from '../native/kernel';

type TreeKernel = Pick<Kernel, 'listDirectory' | 'readBytes' | 'statNode'>;

/** A device's class device is some levels below the one that the device tree describes. */
const MOST_LEVELS = 8;
const PHANDLE_BYTES = 4;

/**
 * Names of the regions of the device behind a node, in the order of the device tree: `['video@70000000']`. Empty where
 * its device-tree node names none, and on machines without a device tree.
 *
 * @param path device node: `/dev/video0`, `/dev/dri/card0`
 */
export function memoryRegions(kernel: TreeKernel, path: string): string[] {
  const nodes = kernel.listDirectory(RESERVED_MEMORY);
  if (!nodes) return [];
  const phandles = phandlesOf(regionProperty(kernel, path));
  const regions = new Map(
    nodes.flatMap((name): [number, string][] => {
      const [phandle] = phandlesOf(kernel.readBytes(`${RESERVED_MEMORY}/${name}/phandle`));
      return phandle === undefined ? [] : [[phandle, name]];
    }),
  );
  return phandles.flatMap((phandle) => regions.get(phandle) ?? []);
}

/** Of the nearest device, from the node's own upwards, that has a device-tree node. */
function regionProperty(kernel: TreeKernel, path: string): Uint8Array | undefined {
  const number = kernel.statNode(path)?.device;
  if (number === undefined) return undefined;
  let device = `/sys/dev/char/${number}/device`;
  for (let level = 0; level < MOST_LEVELS; level++) {
    const node = `${device}/of_node`;
    if (kernel.listDirectory(node)) return kernel.readBytes(`${node}/memory-region`);
    device += '/..';
  }
  return undefined;
}

/** Cells of the device tree: 32 bits, the high byte first. */
function phandlesOf(property: Uint8Array | undefined): number[] {
  if (!property) return [];
  const view = new DataView(property.buffer, property.byteOffset, property.byteLength);
  const count = Math.floor(property.byteLength / PHANDLE_BYTES);
  return Array.from({ length: count }, (_, index) => view.getUint32(index * PHANDLE_BYTES));
}
