import { type FakeCamera, FakeKernel, fourcc, patternColor } from 'dmaflow/testing';
import {
  V4L2_BUF_FLAG_ERROR,
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_MEMORY_DMABUF,
  V4L2_MEMORY_MMAP,
} from '../../../src/native/v4l2';

const TYPE = V4L2_BUF_TYPE_VIDEO_CAPTURE;
const [WIDTH, HEIGHT] = [64, 48];

function setUp(options: Parameters<FakeKernel['addCamera']>[0] = {}, pixelFormat = 'XR24') {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  const camera = kernel.addCamera({ sizes: [[WIDTH, HEIGHT]], frames: 'manual', ...options });
  const fd = kernel.open(camera.path, { access: 'read-write', nonblock: true });
  const unset = { field: 0, colorspace: 0, ycbcrEncoding: 0, quantization: 0, transferFunction: 0 };
  const planes = [{ bytesPerLine: 0, sizeImage: 0 }];
  const asked = { width: WIDTH, height: HEIGHT, pixelFormat: fourcc(pixelFormat), ...unset, planes };
  return { kernel, camera, fd, format: kernel.v4l2SetFormat(fd, TYPE, asked) };
}

function stream(kernel: FakeKernel, fd: number, camera: FakeCamera, count = 2) {
  const heap = kernel.open('/dev/dma_heap/default_cma_region', { access: 'read' });
  const buffers = Array.from({ length: count }, () =>
    kernel.heapAlloc(heap, camera.format.planes[0]?.sizeImage ?? 0),
  );
  kernel.close(heap);
  kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, count);
  for (const [index, buffer] of buffers.entries()) {
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, index, [{ fd: buffer, length: 0 }]);
  }
  kernel.v4l2StreamOn(fd, TYPE);
  const dequeue = () => kernel.v4l2DequeueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF);
  const requeue = (index: number) =>
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, index, [{ fd: buffers[index] ?? -1, length: 0 }]);
  return { buffers, dequeue, requeue };
}

describe('a fake camera', () => {
  it('aligns strides, as drivers do', () => {
    expect(setUp({ strideAlignment: 192 }).format.planes).toEqual([
      { bytesPerLine: 384, sizeImage: 384 * HEIGHT },
    ]);
  });

  it('steps through a range of sizes', () => {
    const sizes = {
      type: 'stepwise',
      minWidth: 32,
      maxWidth: 640,
      stepWidth: 16,
      minHeight: 32,
      maxHeight: 480,
      stepHeight: 16,
    } as const;
    const { kernel, fd, format } = setUp({ sizes });
    expect(kernel.v4l2EnumFrameSizes(fd, fourcc('YUYV'))).toEqual([sizes]);
    expect(kernel.v4l2SetFormat(fd, TYPE, { ...format, width: 70, height: 9999 })).toMatchObject({
      width: 64,
      height: 480,
    });
  });

  it('grants the buffers that it can', () => {
    const { kernel, fd } = setUp({ minBuffers: 3, maxBuffers: 5 });
    const grant = (count: number) => kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, count).count;
    expect([grant(1), grant(4), grant(9)]).toEqual([3, 4, 5]);
  });

  it('may import no dma-bufs', () => {
    const { kernel, fd } = setUp({ importsDmaBufs: false });
    expect(() => kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 2)).toThrow('EINVAL');
    expect(kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_MMAP, 2).count).toBe(2);
  });

  it.each(['XR24', 'XB24', 'RGB3', 'RGBP'])('draws its pattern in %s', (pixelFormat) => {
    const { kernel, camera, fd, format } = setUp({ formats: [pixelFormat] }, pixelFormat);
    const { buffers, dequeue } = stream(kernel, fd, camera);
    camera.produce();
    expect(dequeue()).toMatchObject({ index: 0, sequence: 0 });
    const bytes = kernel.bufferBytes(buffers[0] ?? -1);
    const pixel = { XR24: 4, XB24: 4, RGB3: 3, RGBP: 2 }[pixelFormat] ?? 0;
    const red = { XR24: 2, XB24: 0, RGB3: 0, RGBP: 1 }[pixelFormat] ?? 0;
    for (const [x, y] of [
      [0, 0],
      [20, 3],
      [63, 47],
      [20, 40],
    ] as const) {
      const at = y * (format.planes[0]?.bytesPerLine ?? 0) + x * pixel;
      const bright = patternColor(x, y, WIDTH, HEIGHT, 0)[0] > 0;
      expect((bytes[at + red] ?? 0) > 127).toBe(bright);
    }
    kernel.exit();
  });

  it('draws chroma where the format has it', () => {
    const { kernel, camera, fd } = setUp({ formats: ['NV12'] }, 'NV12');
    const { buffers } = stream(kernel, fd, camera);
    camera.produce();
    const bytes = kernel.bufferBytes(buffers[0] ?? -1);
    const chroma = WIDTH * HEIGHT;
    const white = [235, 128, 128];
    expect([bytes[0], bytes[chroma], bytes[chroma + 1]]).toEqual(white);
    const red = 5 * 8;
    expect(bytes[chroma + red]).toBeLessThan(128);
    expect(bytes[chroma + red + 1]).toBeGreaterThan(200);
    kernel.exit();
  });

  it('draws another picture each frame', () => {
    expect(patternColor(0, 0, WIDTH, HEIGHT, 0)).not.toEqual(patternColor(0, 0, WIDTH, HEIGHT, 1));
    expect(patternColor(0, 0, WIDTH, HEIGHT, 0)).not.toEqual(patternColor(0, HEIGHT - 1, WIDTH, HEIGHT, 0));
  });

  it('loses frames that it has no buffer for', () => {
    const { kernel, camera, fd } = setUp();
    const { dequeue, requeue } = stream(kernel, fd, camera);
    expect([camera.produce(), camera.produce(), camera.produce()]).toEqual([true, true, false]);
    const [first, second] = [dequeue(), dequeue()];
    expect([first?.sequence, second?.sequence, dequeue()]).toEqual([0, 1, undefined]);
    requeue(1);
    camera.loseFrames(4);
    camera.produce();
    expect(dequeue()).toMatchObject({ index: 1, sequence: 7 });
    kernel.exit();
  });

  it('marks a frame that is broken', () => {
    const { kernel, camera, fd } = setUp();
    const { dequeue } = stream(kernel, fd, camera);
    camera.produce({ error: true });
    expect((dequeue()?.flags ?? 0) & V4L2_BUF_FLAG_ERROR).toBe(V4L2_BUF_FLAG_ERROR);
    kernel.exit();
  });

  it('attaches a dma-buf once, as long as it stays with its index', () => {
    const { kernel, camera, fd } = setUp();
    const { buffers, dequeue, requeue } = stream(kernel, fd, camera);
    for (let round = 0; round < 4; round++) {
      camera.produce();
      requeue(dequeue()?.index ?? -1);
    }
    expect(camera.queue.attachments).toBe(2);
    camera.produce();
    const { index = -1 } = dequeue() ?? {};
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, index, [
      { fd: buffers[1 - index] ?? -1, length: 0 },
    ]);
    expect(camera.queue.attachments).toBe(3);
    kernel.exit();
  });

  it('is gone after it was unplugged', () => {
    const { kernel, camera, fd } = setUp();
    const { dequeue } = stream(kernel, fd, camera);
    kernel.removeCamera(camera);
    expect(dequeue).toThrow('VIDIOC_DQBUF on /dev/video0: ENODEV');
    expect(() => kernel.v4l2StreamOff(fd, TYPE)).toThrow('ENODEV');
    expect(kernel.statNode('/dev/video0')).toBeUndefined();
    kernel.exit();
    kernel.assertNothingLeft();
  });

  it('refuses to wait where it was opened to wait', () => {
    const { kernel, camera } = setUp();
    const fd = kernel.open(camera.path, { access: 'read-write' });
    const { dequeue } = stream(kernel, fd, camera);
    expect(dequeue).toThrow('open it with nonblock');
    kernel.exit();
  });

  it('has the controls that it was given', () => {
    const controls = [{ id: 0x980900, name: 'Brightness', minimum: 0, maximum: 255, value: 128 }];
    const { kernel, fd } = setUp({ controls });
    expect(kernel.v4l2EnumControls(fd)).toMatchObject([
      { id: 0x980900, name: 'Brightness', defaultValue: 128 },
    ]);
    kernel.v4l2SetControl(fd, 0x980900, 999);
    expect(kernel.v4l2GetControl(fd, 0x980900)).toBe(255);
  });

  describe('with fake timers', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('makes its frames at its rate', () => {
      const { kernel, camera, fd } = setUp({ frames: 'timer', fps: [10] });
      const { dequeue } = stream(kernel, fd, camera, 3);
      jest.advanceTimersByTime(99);
      expect(dequeue()).toBeUndefined();
      jest.advanceTimersByTime(101);
      const [first, second] = [dequeue(), dequeue()];
      expect((second?.timestamp ?? 0) - (first?.timestamp ?? 0)).toBe(100_000);
      kernel.exit();
      expect(jest.getTimerCount()).toBe(0);
    });

    it('makes no more of them when it is unplugged', () => {
      const { kernel, camera, fd } = setUp({ frames: 'timer' });
      stream(kernel, fd, camera);
      expect(jest.getTimerCount()).toBe(1);
      camera.unplug();
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
