/** Which memory a link gets: what the devices answer when they are asked, and the import ladder at the camera. */
import { kmsSink, Pipeline, type PipelineOptions, UnsupportedError, v4l2Source } from '../../../src';
import { type FakeCardOptions, FakeKernel } from '../../../src/testing';

let kernel: FakeKernel;
const SMALL = { width: 320, height: 180, fps: 30, frames: 5 };

beforeEach(() => {
  kernel = new FakeKernel();
  kernel.addHeap('system', { contiguous: false });
  kernel.addHeap('default_cma_region', { contiguous: true });
});
afterEach(() => {
  expect(kernel.pendingFaults()).toEqual([]);
  kernel.assertNothingLeft();
});

function display(options: FakeCardOptions = {}) {
  return kernel.addCard({ driver: 'vkms', ...options });
}

/** Runs five frames onto the display; what it said of its memory, and what the last picture was like. */
async function run(options: Omit<PipelineOptions, 'kernel'>, source: Parameters<typeof v4l2Source>[0] = {}) {
  await using pipeline = new Pipeline(
    { kernel, atEnd: 'hold', ...options },
    v4l2Source({ ...SMALL, ...source }),
    kmsSink({ writeback: true }),
  );
  await pipeline.start();
  await pipeline.ended;
  const text = pipeline.explain();
  const { data } = await pipeline.screenshot();
  const { shown, heap } = pipeline.stats();
  return { text, picture: Buffer.from(data), shown, heap };
}

describe("memory: 'auto'", () => {
  it('takes ordinary pages where camera and display do', async () => {
    kernel.addCamera({ contiguous: false });
    display();
    const { text, shown, heap } = await run({ memory: 'auto' });
    expect([shown, heap]).toEqual([5, 'system']);
    expect(text).toMatch(/^asked +a trial buffer of system: camera takes it, display takes it$/m);
  });

  it.each([
    [
      'camera',
      true,
      false,
      /^asked +a trial buffer of system: camera refuses it \(VIDIOC_QBUF on \S+: EFAULT\)$/m,
    ],
    [
      'display',
      false,
      true,
      /^asked +a trial buffer of system: camera takes it, display refuses it \(DRM_IOCTL_PRIME_FD_TO_HANDLE on \S+: EINVAL\)$/m,
    ],
  ])('stays with contiguous memory where the %s refuses pages', async (_, camera, card, said) => {
    kernel.addCamera({ contiguous: camera });
    display({ contiguous: card });
    const { text, shown, heap } = await run({ memory: 'auto' });
    expect([shown, heap]).toEqual([5, 'default_cma_region']);
    expect(text).toMatch(said);
  });

  it('does not trust one buffer that is contiguous by luck', async () => {
    kernel.addCamera({ contiguous: false });
    display();
    // The trial and two of the pool pass.
    kernel.fail('VIDIOC_QBUF', 'EFAULT', { after: 3 });
    const { text, shown, heap } = await run({ memory: 'auto' });
    expect([shown, heap]).toEqual([5, 'default_cma_region']);
    expect(text).toMatch(/^asked +ordinary pages: VIDIOC_QBUF on \S+: EFAULT$/m);
    expect(kernel.heapUsed('system')).toBe(0);
  });

  it('stays with contiguous memory where the heap of pages may not be opened', async () => {
    kernel.addCamera({ contiguous: false });
    display();
    kernel.setPermission('/dev/dma_heap/system', { readable: false });
    const { text, shown, heap } = await run({ memory: 'auto' });
    expect([shown, heap]).toEqual([5, 'default_cma_region']);
    expect(text).toMatch(
      /^asked +not asked: there was no trial buffer \(open on \/dev\/dma_heap\/system: EACCES\)$/m,
    );
  });

  it('does not ask about several memory planes, nor where the heap was chosen', async () => {
    kernel.addCamera({ contiguous: false, multiplanar: true, formats: ['NM12'] });
    display();
    const two = await run({ memory: 'auto' });
    expect(two.heap).toBe('default_cma_region');
    expect(two.text).toMatch(/^asked +not asked: Linux leaks buffers of several dma-bufs/m);
    const chosen = await run({ memory: 'auto', heaps: { contiguous: 'default_cma_region' } });
    expect(chosen.text).toMatch(/^asked +not asked: the heap was chosen by option heaps\.contiguous$/m);
  });
});

describe('the import ladder', () => {
  it('imports where the camera does, exports the driver’s buffers where not, with the same picture', async () => {
    kernel.addCamera({ path: '/dev/video0' });
    kernel.addCamera({ path: '/dev/video1', importsDmaBufs: false });
    display();
    const imported = await run({}, { device: '/dev/video0' });
    const exported = await run({}, { device: '/dev/video1' });
    expect(imported.text).toMatch(/^capture +the device imports these buffers \(V4L2_MEMORY_DMABUF\)$/m);
    expect(exported.text).toMatch(
      /^capture +the device exports its own buffers .*; vivid \(\/dev\/video1\) does not import dma-bufs/m,
    );
    expect(exported.text).toMatch(
      /^heap +the driver: the driver's own buffers, exported \(VIDIOC_EXPBUF\)$/m,
    );
    expect(exported.shown).toBe(5);
    expect(exported.picture.equals(imported.picture)).toBe(true);
  });

  describe('copies', () => {
    let warnings: string[];
    beforeEach(() => {
      warnings = [];
      jest.spyOn(process, 'emitWarning').mockImplementation((message) => {
        warnings.push(String(message));
      });
    });
    afterEach(() => jest.restoreAllMocks());

    it('where a camera can neither import nor export, with the same picture, and a warning with the reason', async () => {
      kernel.addCamera({ path: '/dev/video0' });
      kernel.addCamera({ path: '/dev/video1', importsDmaBufs: false, exportsDmaBufs: false });
      display();
      const imported = await run({}, { device: '/dev/video0' });
      const copied = await run({}, { device: '/dev/video1' });
      expect([copied.shown, copied.heap]).toEqual([5, 'default_cma_region']);
      expect(copied.picture.equals(imported.picture)).toBe(true);
      const reason =
        'vivid (/dev/video1) does not import dma-bufs (REQBUFS with V4L2_MEMORY_DMABUF: EINVAL); ' +
        "the driver's own buffers: VIDIOC_EXPBUF on /dev/video1: ENOTTY";
      expect(warnings).toEqual([`'camera' copies every frame: ${reason}`]);
      expect(copied.text).toMatch(
        /^capture +the frame loop copies each frame out of the device's own buffers/m,
      );
      expect(copied.text).toContain(reason);
    });

    it('where a display takes none of what the camera exports', async () => {
      kernel.addCamera({ importsDmaBufs: false, contiguous: false });
      display({ contiguous: true });
      const { shown, text, heap } = await run({});
      expect([shown, heap]).toEqual([5, 'default_cma_region']);
      expect(text).toContain(
        "the driver's own buffers: DRM_IOCTL_PRIME_FD_TO_HANDLE on /dev/dri/card0: EINVAL",
      );
      expect(warnings).toHaveLength(1);
    });

    it('are counted on the link from the device, and are no zero copy', async () => {
      kernel.addCamera();
      display();
      const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, capture: 'copy' }), kmsSink());
      const { links, syncCalls } = await pipeline.run();
      expect(links[0]).toMatchObject({ copies: 5, cpuBytes: 5 * 320 * 180 * 4, syncCalls: 10 });
      expect(syncCalls).toBe(kernel.requests('DMA_BUF_IOCTL_SYNC').length);
      expect(() => pipeline.assertZeroCopy()).toThrow(/camera/);
      // Who chose to copy knows it.
      expect(warnings).toEqual([]);
    });

    it('need no contiguous memory where only the CPU takes the frames', async () => {
      kernel.addCamera();
      await using pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, capture: 'copy' }));
      let frames = 0;
      pipeline.frames('camera').subscribe(() => frames++);
      await pipeline.start();
      expect(pipeline.stats().heap).toBe('system');
      await pipeline.finished;
      expect(frames).toBeGreaterThan(0);
    });
  });

  it('goes on to export where the camera refuses a contiguous buffer', async () => {
    kernel.addCamera();
    display();
    kernel.fail('VIDIOC_QBUF', 'EINVAL');
    const { text, shown } = await run({});
    expect(shown).toBe(5);
    expect(text).toMatch(/^capture +the device exports .*; contiguous buffers: VIDIOC_QBUF on \S+: EINVAL$/m);
  });

  it('does not leave a heap that the user chose', async () => {
    kernel.addCamera();
    display();
    await expect(run({ heaps: { contiguous: 'system' } })).rejects.toMatchObject({ code: 'EFAULT' });
  });

  it('takes no step that is not allowed', async () => {
    kernel.addCamera({ importsDmaBufs: false });
    display();
    await expect(run({}, { capture: 'import' })).rejects.toThrow(UnsupportedError);
    await expect(run({}, { capture: 'import' })).rejects.toThrow(
      /vivid \(\/dev\/video0\) does not import dma-bufs \(REQBUFS with V4L2_MEMORY_DMABUF: EINVAL\): .*Leave out `capture`/,
    );
    expect((await run({}, { capture: 'export' })).shown).toBe(5);
    expect(() => v4l2Source({ capture: [] })).toThrow(
      'expected capture to be of import, export, copy, got an empty list',
    );
  });
});

it('carries V4L2’s data_offset into the planes, and to the display', async () => {
  kernel.addCamera({ path: '/dev/video0', multiplanar: true, formats: ['NM12'] });
  kernel.addCamera({
    path: '/dev/video1',
    multiplanar: true,
    formats: ['NM12'],
    dataOffsets: { NM12: [128, 64] },
  });
  display();
  const plain = await run({}, { device: '/dev/video0' });
  const moved = await run({}, { device: '/dev/video1' });
  expect(moved.shown).toBe(5);
  expect(moved.picture.equals(plain.picture)).toBe(true);
  await using pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, device: '/dev/video1' }));
  const offsets: number[][] = [];
  pipeline.frames('camera').subscribe(({ planes }) => offsets.push(planes.map(({ offset }) => offset)));
  await pipeline.run();
  expect(offsets[0]).toEqual([128, 64]);
});
