/** Another size, count or subscriber while frames flow: the pool grows and shrinks, and keeps what fits. */
import {
  type Frame,
  InvalidStateError,
  kmsSink,
  Pipeline,
  type PipelineState,
  v4l2Source,
} from '../../../src';
import { type FakeBoard, FakeKernel } from '../../../src/testing';

let board: FakeBoard;
let kernel: FakeKernel;
const SMALL = { width: 320, height: 180, fps: 60 };

beforeEach(() => {
  board = FakeKernel.board();
  kernel = board.kernel;
});
afterEach(() => kernel.assertNothingLeft());

const allocations = () => kernel.requests('DMA_HEAP_IOCTL_ALLOC').length;
const inodes = () =>
  [...new Set(kernel.left().flatMap((line) => /^dma-buf (\d+) /.exec(line)?.[1] ?? []))].map(Number);

async function frameOf(pipeline: Pipeline): Promise<Frame> {
  return new Promise((resolve) => {
    const subscription = pipeline.frames('camera').subscribe((frame) => {
      resolve(frame.clone());
      queueMicrotask(() => subscription.unsubscribe());
    });
  });
}

it('grows: keeps every buffer and allocates what is missing', async () => {
  await using pipeline = new Pipeline({ kernel, buffers: 5 }, v4l2Source(SMALL), kmsSink());
  await pipeline.start();
  const before = inodes();
  await pipeline.renegotiate({ buffers: 8 });
  expect(inodes()).toHaveLength(8);
  expect(inodes()).toEqual(expect.arrayContaining(before));
  expect(allocations()).toBe(8);
  expect(pipeline.explain()).toMatch(/^heap +default_cma_region: .*; 5 of 8 buffers are those of before$/m);
  expect(pipeline.stats().buffers).toBe(8);
});

it('shrinks: gives back what is too many, and allocates nothing', async () => {
  await using pipeline = new Pipeline({ kernel, buffers: 8 }, v4l2Source(SMALL), kmsSink());
  await pipeline.start();
  const before = inodes();
  await pipeline.renegotiate({ buffers: 3 });
  expect(before).toEqual(expect.arrayContaining(inodes()));
  expect([inodes().length, allocations()]).toEqual([3, 8]);
});

it('takes another size: buffers that are too small go first, so that the new ones find their memory', async () => {
  // Room for the large buffers alone.
  const small = new FakeKernel();
  kernel = small;
  small.addHeap('default_cma_region', { contiguous: true, bytes: 5 * 1280 * 720 * 4 });
  small.addCamera();
  small.addCard({ driver: 'vkms' });
  await using pipeline = new Pipeline({ kernel, buffers: 5 }, v4l2Source(SMALL), kmsSink());
  const states: PipelineState[] = [];
  pipeline.state$.subscribe((state) => states.push(state));
  await pipeline.start();
  await pipeline.renegotiate({ width: 1280, height: 720, fps: 30 });
  expect(pipeline.explain()).toMatch(/^format +\S+ 1280x720, 30 fps/m);
  expect(small.heapUsed('default_cma_region')).toBe(5 * 1280 * 720 * 4);
  expect(states).toEqual(['idle', 'starting', 'running', 'starting', 'running']);
  using frame = await frameOf(pipeline);
  expect([frame.codedWidth, frame.codedHeight]).toEqual([1280, 720]);
  // Much smaller: a large buffer would waste memory.
  await pipeline.renegotiate(SMALL);
  expect(small.heapUsed('default_cma_region')).toBeLessThan(2 * 1280 * 720 * 4);
});

it('makes room for who subscribed meanwhile, and subscribers go on', async () => {
  await using pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
  await pipeline.start();
  const before = pipeline.stats().buffers;
  const sizes: number[] = [];
  let wake = () => {};
  pipeline.frames('camera', { max: 3, policy: 'every' }).subscribe((frame) => {
    sizes.push(frame.codedWidth);
    wake();
  });
  await pipeline.renegotiate({ width: 640, height: 360 });
  expect(pipeline.stats().buffers).toBe(before + 6);
  sizes.length = 0;
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
  expect(sizes[0]).toBe(640);
});

it('never writes into a frame that somebody keeps', async () => {
  await using pipeline = new Pipeline({ kernel, buffers: 6 }, v4l2Source(SMALL), kmsSink());
  await pipeline.start();
  using kept = await frameOf(pipeline);
  const picture = () => {
    using pixels = kept.cpuAccess('read');
    return Buffer.from(pixels.planes[0]?.data ?? []);
  };
  const before = picture();
  const inode = kept.buffers[0]?.inode;
  await pipeline.renegotiate();
  expect(allocations()).toBe(7);
  for (let frame = 0; frame < 3; frame++) (await frameOf(pipeline)).close();
  expect(picture().equals(before)).toBe(true);
  expect(inodes()).toContain(inode);
});

it('fails as a whole where the new size is not offered, with everything given back', async () => {
  const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
  await pipeline.start();
  const errors: unknown[] = [];
  pipeline.frames('camera').subscribe({ error: (error) => errors.push(error) });
  await expect(pipeline.renegotiate({ width: 123, height: 45 })).rejects.toThrow(/does not offer 123x45/);
  expect(pipeline.state).toBe('failed');
  expect(errors).toHaveLength(1);
  kernel.assertNothingLeft();
});

it('is for a running pipeline, and holds for later starts', async () => {
  const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
  await expect(pipeline.renegotiate()).rejects.toThrow(InvalidStateError);
  await pipeline.start();
  await pipeline.renegotiate({ width: 640, height: 480 });
  await pipeline.stop();
  await pipeline.start();
  expect(pipeline.explain()).toMatch(/^format +\S+ 640x480/m);
  await pipeline.stop();
});
