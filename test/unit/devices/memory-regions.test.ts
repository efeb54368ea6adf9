import { memoryRegions } from '../../../src/devices/memory-regions';
import { kmsSink, Pipeline, v4l2Source } from '../../../src/index';
import { type FakeBoard, FakeKernel } from '../../../src/testing';

const TREE = '/sys/firmware/devicetree/base/reserved-memory';
const CAMERA = '/dev/video0';

let board: FakeBoard;

/** Cells of the device tree. */
function cells(...values: number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) bytes.setUint32(index * 4, value);
  return new Uint8Array(bytes.buffer);
}

/** A region of the device tree; phandles as QEMU gives them: no byte of one is ASCII. */
function addRegion(name: string, phandle: number): void {
  board.kernel.addBytes(`${TREE}/${name}/phandle`, cells(phandle));
  board.kernel.addBytes(`${TREE}/${name}/reusable`, cells());
  board.kernel.addHeap(name, { contiguous: true, bytes: 64 * 2 ** 20 });
}

/** Where sysfs shows the device-tree node of a device `levels` above the node's own. */
function deviceTreeNode(path: string, levels = 0): string {
  const device = `/sys/dev/char/${board.kernel.statNode(path)?.device}/device`;
  return `${device}${'/..'.repeat(levels)}/of_node`;
}

beforeEach(() => {
  board = FakeKernel.board();
});
afterEach(() => board.kernel.assertNothingLeft());

it('gives none without a device tree', () => {
  expect(memoryRegions(board.kernel, CAMERA)).toEqual([]);
});

describe('a device tree with two regions', () => {
  beforeEach(() => {
    addRegion('video@70000000', 0x8081);
    addRegion('camera@78000000', 0x8082);
  });

  it("gives a device's own, in the order of its node", () => {
    board.kernel.addBytes(`${deviceTreeNode(CAMERA)}/memory-region`, cells(0x8082, 0x8081));
    expect(memoryRegions(board.kernel, CAMERA)).toEqual(['camera@78000000', 'video@70000000']);
  });

  it('finds the node of a device above', () => {
    board.kernel.addBytes(`${deviceTreeNode(CAMERA, 2)}/memory-region`, cells(0x8081));
    expect(memoryRegions(board.kernel, CAMERA)).toEqual(['video@70000000']);
  });

  it('does not take the region of a device above one that has a node', () => {
    board.kernel.addText(`${deviceTreeNode(CAMERA)}/name`, 'camera');
    board.kernel.addBytes(`${deviceTreeNode(CAMERA, 1)}/memory-region`, cells(0x8081));
    expect(memoryRegions(board.kernel, CAMERA)).toEqual([]);
  });

  it('passes over a region that is no reserved memory', () => {
    board.kernel.addBytes(`${deviceTreeNode(CAMERA)}/memory-region`, cells(1, 0x8081));
    expect(memoryRegions(board.kernel, CAMERA)).toEqual(['video@70000000']);
  });

  describe('of the camera', () => {
    beforeEach(() => board.kernel.addBytes(`${deviceTreeNode(CAMERA)}/memory-region`, cells(0x8081)));

    it('comes first, and explain() says why', async () => {
      await using pipeline = new Pipeline({ kernel: board.kernel }, v4l2Source({ frames: 2 }), kmsSink());
      await pipeline.start();
      expect(pipeline.explain()).toMatch(
        /^heap +video@70000000: contiguous memory, the region that the device tree gives to a device/m,
      );
      await pipeline.ended;
    });

    it('is not taken where the user says otherwise', async () => {
      const heaps = { contiguous: 'default_cma_region' };
      await using pipeline = new Pipeline(
        { kernel: board.kernel, heaps },
        v4l2Source({ frames: 2 }),
        kmsSink(),
      );
      await pipeline.start();
      expect(pipeline.explain()).toMatch(/^heap +default_cma_region: chosen by option heaps\.contiguous$/m);
      await pipeline.ended;
    });
  });
});
