import {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
  V4L2_MEMORY_DMABUF,
  V4L2_MEMORY_MMAP,
  type V4l2QueuePlane,
} from '../../../src/native/v4l2';
import { overKernel, refusal, thrownBy, until } from '../bench';
import { Capture } from '../capture';

const TYPE = V4L2_BUF_TYPE_VIDEO_CAPTURE;
const SUPPORTS_MMAP_AND_DMABUF = 0x1 | 0x4;
const FLAG_QUEUED = 0x2;

overKernel((session) => {
  describe('REQBUFS', () => {
    it('grants buffers and says what the queue can do', () => {
      const { kernel } = session();
      const { fd } = new Capture(session());
      const { count, capabilities } = kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 4);
      expect(count).toBe(4);
      expect(capabilities & SUPPORTS_MMAP_AND_DMABUF).toBe(SUPPORTS_MMAP_AND_DMABUF);
      expect(kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 0).count).toBe(0);
    });

    it('grants more than asked where the driver needs more', () => {
      const { fd } = new Capture(session());
      expect(session().kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 1).count).toBe(2);
    });

    it('refuses what the queue is not', () => {
      const { kernel } = session();
      const { fd } = new Capture(session());
      const expected = refusal('VIDIOC_REQBUFS', 'EINVAL', session().bench.camera);
      const other = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
      expect(thrownBy(() => kernel.v4l2RequestBuffers(fd, other, V4L2_MEMORY_DMABUF, 4))).toEqual(expected);
      expect(thrownBy(() => kernel.v4l2RequestBuffers(fd, TYPE, 9, 4))).toEqual(expected);
    });

    it('fixes the format', () => {
      const { kernel } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      expect(thrownBy(() => kernel.v4l2SetFormat(capture.fd, TYPE, capture.format))).toEqual(
        refusal('VIDIOC_S_FMT', 'EBUSY', session().bench.camera),
      );
    });
  });

  describe('QBUF', () => {
    it('takes a dma-buf of contiguous memory', () => {
      const { kernel } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      capture.queue(0);
      expect(kernel.v4l2QueryBuffer(capture.fd, TYPE, 0).flags & FLAG_QUEUED).toBe(FLAG_QUEUED);
      expect(kernel.v4l2QueryBuffer(capture.fd, TYPE, 1).flags & FLAG_QUEUED).toBe(0);
    });

    it('refuses memory that is not contiguous', () => {
      const capture = new Capture(session());
      capture.allocate(2, session().bench.systemHeap);
      expect(thrownBy(() => capture.queue(0))).toEqual(
        refusal('VIDIOC_QBUF', 'EFAULT', session().bench.camera),
      );
    });

    it('refuses a buffer that is too small', () => {
      const capture = new Capture(session());
      capture.allocate(2);
      const fd = session().alloc(session().bench.contiguousHeap, 4096);
      expect(thrownBy(() => capture.queue(0, [{ fd, length: 4096 }]))).toEqual(
        refusal('VIDIOC_QBUF', 'EINVAL'),
      );
      const { length = 0 } = capture.buffers[0]?.[0] ?? {};
      expect(thrownBy(() => capture.queue(0, [{ fd, length }]))).toEqual(refusal('VIDIOC_QBUF', 'EFAULT'));
    });

    it('refuses what is no dma-buf, an index that is not there, and a buffer that is queued', () => {
      const { bench } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      const heap = session().open(bench.systemHeap, { access: 'read' });
      expect(thrownBy(() => capture.queue(0, [{ fd: heap, length: 0 }]))).toEqual(
        refusal('VIDIOC_QBUF', 'EINVAL'),
      );
      expect(thrownBy(() => capture.queue(9, capture.buffers[0]))).toEqual(refusal('VIDIOC_QBUF', 'EINVAL'));
      capture.queue(0);
      expect(thrownBy(() => capture.queue(0))).toEqual(refusal('VIDIOC_QBUF', 'EINVAL'));
    });

    it('refuses an argument fd that was closed', () => {
      const capture = new Capture(session());
      capture.allocate(2);
      const fd = session().alloc(session().bench.contiguousHeap, 4096);
      session().kernel.close(fd);
      expect(thrownBy(() => capture.queue(0, [{ fd, length: 0 }]))).toEqual(refusal('VIDIOC_QBUF', 'EBADF'));
    });

    it('takes one dma-buf for each memory plane', () => {
      const capture = new Capture(session(), { multiplanar: true, pixelFormat: 'NM12' });
      capture.allocate(2);
      expect(capture.format.planes).toHaveLength(2);
      const [planes = []] = capture.buffers;
      expect(thrownBy(() => capture.queue(0, planes.slice(0, 1)))).toEqual(refusal('VIDIOC_QBUF', 'EINVAL'));
      capture.queue(0);
    });
  });

  describe('QUERYBUF', () => {
    it('says where the picture begins once a buffer was queued', () => {
      const { kernel } = session();
      const capture = new Capture(session(), { multiplanar: true, pixelFormat: 'NM16' });
      capture.allocate(2);
      capture.queue(0);
      const offsets = (index: number) =>
        kernel.v4l2QueryBuffer(capture.fd, capture.type, index).planes.map(({ dataOffset }) => dataOffset);
      expect(offsets(0)).toEqual([128, 0]);
      expect(offsets(1)).toEqual([0, 0]);
    });
  });

  describe('EXPBUF', () => {
    it('exports a buffer of the driver as a dma-buf', () => {
      const { kernel } = session();
      const { fd, format } = new Capture(session());
      kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_MMAP, 2);
      const { length = 0 } = kernel.v4l2QueryBuffer(fd, TYPE, 1).planes[0] ?? {};
      expect(length).toBeGreaterThanOrEqual(format.planes[0]?.sizeImage ?? Number.NaN);
      const exported = session().own(kernel.v4l2ExportBuffer(fd, TYPE, 1, 0));
      expect(kernel.dmaBufSize(exported)).toBeGreaterThanOrEqual(length);
      expect(thrownBy(() => kernel.v4l2ExportBuffer(fd, TYPE, 9, 0))).toEqual(
        refusal('VIDIOC_EXPBUF', 'EINVAL'),
      );
      expect(thrownBy(() => kernel.v4l2ExportBuffer(fd, TYPE, 0, 1))).toEqual(
        refusal('VIDIOC_EXPBUF', 'EINVAL'),
      );
    });

    it('is for buffers of the driver only', () => {
      const capture = new Capture(session());
      capture.allocate(2);
      expect(thrownBy(() => session().kernel.v4l2ExportBuffer(capture.fd, TYPE, 0, 0))).toEqual(
        refusal('VIDIOC_EXPBUF', 'EINVAL'),
      );
    });
  });

  describe('streaming', () => {
    it('needs buffers', () => {
      const { kernel } = session();
      const { fd } = new Capture(session());
      expect(thrownBy(() => kernel.v4l2StreamOn(fd, TYPE))).toEqual(refusal('VIDIOC_STREAMON', 'EINVAL'));
    });

    it('has nothing to dequeue before it starts, and nothing ready at once', () => {
      const capture = new Capture(session());
      capture.allocate(2);
      expect(thrownBy(() => capture.dequeue())).toEqual(refusal('VIDIOC_DQBUF', 'EINVAL'));
      session().kernel.v4l2StreamOn(capture.fd, TYPE);
      expect(capture.dequeue()).toBeUndefined();
      capture.stop();
    });

    it.each([
      { multiplanar: false, pixelFormat: 'XR24', planes: [640 * 480 * 4] },
      { multiplanar: false, pixelFormat: 'NV12', planes: [(640 * 480 * 3) / 2] },
      { multiplanar: true, pixelFormat: 'NM12', planes: [640 * 480, (640 * 480) / 2] },
    ])('fills five $pixelFormat frames, multi-planar: $multiplanar', async ({ planes, ...options }) => {
      const { kernel } = session();
      const capture = new Capture(session(), options);
      capture.allocate(4);
      capture.start();
      let [sequence, timestamp] = [0, 0];
      for (let frame = 0; frame < 5; frame++) {
        const buffer = await capture.nextFrame();
        expect(buffer.flags & V4L2_BUF_FLAG_ERROR).toBe(0);
        // vivid repeats a number when its thread is early for a frame.
        expect(buffer.sequence).toBeGreaterThanOrEqual(sequence);
        expect(buffer.timestamp).toBeGreaterThan(timestamp);
        expect(buffer.planes.map(({ bytesUsed }) => bytesUsed)).toEqual(planes);
        [sequence, timestamp] = [buffer.sequence, buffer.timestamp];
        capture.queue(buffer.index);
      }
      expect(sequence).toBeGreaterThan(0);
      capture.stop();
      const mapping = kernel.dmaBufMap(capture.buffers[0]?.at(-1)?.fd ?? -1, planes.at(-1) ?? 0);
      expect(Buffer.from(kernel.dmaBufView(mapping)).some((byte) => byte !== 0)).toBe(true);
      kernel.dmaBufUnmap(mapping);
    });

    it.each([false, true])('fills buffers of the driver, multi-planar: %p', async (multiplanar) => {
      const { kernel } = session();
      const { fd, type, format } = new Capture(session(), { multiplanar });
      kernel.v4l2RequestBuffers(fd, type, V4L2_MEMORY_MMAP, 2);
      const exported = session().own(kernel.v4l2ExportBuffer(fd, type, 0, 0));
      const planes = format.planes.map(({ sizeImage }) => ({ length: sizeImage }));
      if (multiplanar) {
        expect(thrownBy(() => kernel.v4l2QueueBuffer(fd, type, V4L2_MEMORY_MMAP, 0, []))).toEqual(
          refusal('VIDIOC_QBUF', 'EINVAL'),
        );
      }
      const asDmaBuf = (list: V4l2QueuePlane[]) =>
        kernel.v4l2QueueBuffer(fd, type, V4L2_MEMORY_DMABUF, 0, list);
      expect(thrownBy(() => asDmaBuf(planes))).toBeInstanceOf(TypeError);
      expect(thrownBy(() => asDmaBuf(planes.map((plane) => ({ ...plane, fd: exported }))))).toEqual(
        refusal('VIDIOC_QBUF', 'EINVAL'),
      );
      kernel.v4l2QueueBuffer(fd, type, V4L2_MEMORY_MMAP, 0, planes);
      kernel.v4l2StreamOn(fd, type);
      const { index } = await until(() => kernel.v4l2DequeueBuffer(fd, type, V4L2_MEMORY_MMAP));
      kernel.v4l2StreamOff(fd, type);
      expect(index).toBe(0);
      const length = kernel.dmaBufSize(exported);
      const mapping = kernel.dmaBufMap(exported, length);
      expect(Buffer.from(kernel.dmaBufView(mapping)).some((byte) => byte !== 0)).toBe(true);
      kernel.dmaBufUnmap(mapping);
    });

    it('gives every buffer back when it stops, and counts anew when it starts again', async () => {
      const { kernel } = session();
      const capture = new Capture(session());
      capture.allocate(3);
      capture.start();
      let sequence = 0;
      while (sequence < 4) {
        const buffer = await capture.nextFrame();
        sequence = buffer.sequence;
        capture.queue(buffer.index);
      }
      capture.stop();
      for (const index of capture.buffers.keys()) {
        expect(kernel.v4l2QueryBuffer(capture.fd, TYPE, index).flags & FLAG_QUEUED).toBe(0);
      }
      expect(thrownBy(() => capture.dequeue())).toEqual(refusal('VIDIOC_DQBUF', 'EINVAL'));
      capture.start();
      expect((await capture.nextFrame()).sequence).toBeLessThan(4);
      capture.stop();
    });
  });

  describe('another open file of the same camera', () => {
    it('may look, but not use the queue', () => {
      const { kernel, bench } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      const other = session().open(bench.camera);
      expect(kernel.v4l2GetFormat(other, TYPE)).toEqual(capture.format);
      const busy = (syscall: string) => refusal(syscall, 'EBUSY', bench.camera);
      expect(thrownBy(() => kernel.v4l2SetFormat(other, TYPE, capture.format))).toEqual(busy('VIDIOC_S_FMT'));
      expect(thrownBy(() => kernel.v4l2RequestBuffers(other, TYPE, V4L2_MEMORY_DMABUF, 2))).toEqual(
        busy('VIDIOC_REQBUFS'),
      );
      expect(
        thrownBy(() => kernel.v4l2QueueBuffer(other, TYPE, V4L2_MEMORY_DMABUF, 0, capture.buffers[0] ?? [])),
      ).toEqual(busy('VIDIOC_QBUF'));
      expect(thrownBy(() => kernel.v4l2DequeueBuffer(other, TYPE, V4L2_MEMORY_DMABUF))).toEqual(
        busy('VIDIOC_DQBUF'),
      );
      expect(thrownBy(() => kernel.v4l2StreamOn(other, TYPE))).toEqual(busy('VIDIOC_STREAMON'));
    });

    it('may use it when the owner has closed', () => {
      const { kernel, bench } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      capture.start();
      const other = session().open(bench.camera);
      kernel.close(capture.fd);
      expect(kernel.v4l2RequestBuffers(other, TYPE, V4L2_MEMORY_DMABUF, 2).count).toBe(2);
    });

    it('is the same file where it is a dup', () => {
      const { kernel } = session();
      const capture = new Capture(session());
      capture.allocate(2);
      const copy = session().own(kernel.dup(capture.fd));
      kernel.v4l2QueueBuffer(copy, TYPE, V4L2_MEMORY_DMABUF, 0, capture.buffers[0] ?? []);
      expect(kernel.v4l2QueryBuffer(capture.fd, TYPE, 0).flags & FLAG_QUEUED).toBe(FLAG_QUEUED);
    });
  });
});
