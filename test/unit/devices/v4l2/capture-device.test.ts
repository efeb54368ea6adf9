import { CaptureDevice } from '../../../../src/devices/v4l2/capture-device';
import { InvalidStateError, KernelError, NegotiationError } from '../../../../src/errors';
import { V4L2_MEMORY_DMABUF, V4L2_MEMORY_MMAP } from '../../../../src/native/v4l2';
import { FakeKernel } from '../../../../src/testing';

function machine(options: Parameters<FakeKernel['addCamera']>[0] = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  kernel.addHeap('system', { contiguous: false });
  const camera = kernel.addCamera({ frames: 'manual', ...options });
  return { kernel, camera };
}

function allocate(kernel: FakeKernel, heap: string, length: number): number {
  const heapFd = kernel.open(`/dev/dma_heap/${heap}`, { access: 'read' });
  const fd = kernel.heapAlloc(heapFd, length);
  kernel.close(heapFd);
  return fd;
}

function thrown(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('open and close', () => {
  it('opens read-write and non-blocking, closes once, and is unusable afterwards', () => {
    const { kernel } = machine();
    const device = CaptureDevice.open(kernel);
    expect(kernel.requests('open').at(-1)).toMatchObject({
      path: '/dev/video0',
      args: { access: 'read-write', nonblock: true },
    });
    expect(device.name).toBe('vivid (/dev/video0)');
    device.close();
    device.close();
    kernel.assertNothingLeft();
    expect(() => device.fd).toThrow(InvalidStateError);
    expect(() => device.formats()).toThrow('camera vivid (/dev/video0) is closed');
  });

  it('is closed by `using`', () => {
    const { kernel } = machine();
    {
      using device = CaptureDevice.open(kernel);
      expect(device.fd).toBeGreaterThan(0);
    }
    kernel.assertNothingLeft();
  });

  it('leaves the input alone, and selects the one asked for', () => {
    const { kernel, camera } = machine({ inputs: ['Webcam', 'TV', 'HDMI'] });
    CaptureDevice.open(kernel).close();
    expect(kernel.requests('VIDIOC_S_INPUT')).toEqual([]);
    CaptureDevice.open(kernel, { input: 2 }).close();
    expect(camera.input).toBe(2);
    expect(() => CaptureDevice.open(kernel, { input: 3 })).toThrow(
      'vivid (/dev/video0) has no input 3; inputs: 0 (Webcam), 1 (TV), 2 (HDMI)',
    );
    kernel.assertNothingLeft();
  });
});

describe('formats', () => {
  it('names formats, tells single from separate planes, and lists sizes', () => {
    const { kernel } = machine({
      multiplanar: true,
      formats: ['NV12', 'NM12', 'XR24'],
      sizes: [
        [640, 480],
        [1280, 720],
      ],
    });
    using device = CaptureDevice.open(kernel);
    const sizes = [
      { type: 'discrete', width: 640, height: 480 },
      { type: 'discrete', width: 1280, height: 720 },
    ];
    expect(device.formats()).toEqual([
      { pixelFormat: 'NV12', separatePlanes: false, v4l2Fourcc: 0x3231564e, sizes },
      { pixelFormat: 'NV12', separatePlanes: true, v4l2Fourcc: 0x32314d4e, sizes },
      { pixelFormat: 'XRGB8888', separatePlanes: false, v4l2Fourcc: 0x34325258, sizes },
    ]);
  });

  it('keeps the exact fourcc of a format that is listed under an old name too', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const description = (pixelFormat: number) => ({ pixelFormat, flags: 0, description: '' });
    const [BGR4, XR24, unknown] = [0x34524742, 0x34325258, 0x31305a5a];
    jest
      .spyOn(kernel, 'v4l2EnumFormats')
      .mockReturnValue([description(BGR4), description(XR24), description(unknown)]);
    const { formats, unknown: others } = device.formatOffer();
    expect(formats).toMatchObject([{ pixelFormat: 'XRGB8888', v4l2Fourcc: XR24 }]);
    expect(others).toEqual(['ZZ01']);
  });

  it('gives frame rates fastest first', () => {
    const { kernel } = machine({ fps: [5, 60, 30] });
    using device = CaptureDevice.open(kernel);
    const [format] = device.formats();
    if (!format) throw new Error('no format');
    expect(device.frameRates(format, 1280, 720)).toEqual([
      { min: 60, max: 60 },
      { min: 30, max: 30 },
      { min: 5, max: 5 },
    ]);
  });

  it('turns a range of intervals round into a range of rates', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const [min, max, step] = [1, 6, 1].map((numerator) => ({ numerator, denominator: 60 }));
    if (!min || !max || !step) throw new Error('no interval');
    jest.spyOn(kernel, 'v4l2EnumFrameIntervals').mockReturnValue([{ type: 'stepwise', min, max, step }]);
    expect(device.frameRates({ v4l2Fourcc: 0 }, 640, 480)).toEqual([{ min: 10, max: 60 }]);
  });
});

describe('configure', () => {
  it('reports what the driver made of it, its strides included', () => {
    const { kernel } = machine({ formats: ['NV12'], strideAlignment: 256 });
    using device = CaptureDevice.open(kernel);
    expect(device.configure({ pixelFormat: 'NV12', width: 320, height: 240, fps: 15 })).toEqual({
      pixelFormat: 'NV12',
      separatePlanes: false,
      width: 320,
      height: 240,
      fps: 15,
      memoryPlanes: [{ bytesPerLine: 512, sizeImage: 512 * 360 }],
      planes: [
        { memory: 0, offset: 0, stride: 512, rows: 240, length: 512 * 240 },
        { memory: 0, offset: 512 * 240, stride: 512, rows: 120, length: 512 * 120 },
      ],
      colorSpace: { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'smpte170m', fullRange: false },
    });
  });

  it('asks for separate planes where they are wanted, or are all there is', () => {
    const { kernel } = machine({ multiplanar: true, formats: ['NM12', 'NV12'] });
    using device = CaptureDevice.open(kernel);
    const request = { pixelFormat: 'NV12', width: 640, height: 480 } as const;
    expect(device.configure(request)).toMatchObject({ separatePlanes: false });
    const made = device.configure({ ...request, separatePlanes: true });
    expect(made.memoryPlanes).toHaveLength(2);
    expect(made.planes.map(({ memory, offset }) => ({ memory, offset }))).toEqual([
      { memory: 0, offset: 0 },
      { memory: 1, offset: 0 },
    ]);
    const { kernel: other } = machine({ multiplanar: true, formats: ['NM12'] });
    using separateOnly = CaptureDevice.open(other);
    expect(separateOnly.configure(request)).toMatchObject({ separatePlanes: true });
  });

  it('lists the formats where one is not offered', () => {
    const { kernel } = machine({ multiplanar: true, formats: ['NV12', 'NM12', 'YUYV'] });
    using device = CaptureDevice.open(kernel);
    const error = thrown(() => device.configure({ pixelFormat: 'XRGB8888', width: 640, height: 480 }));
    expect(error).toBeInstanceOf(NegotiationError);
    expect(error).toMatchObject({ field: 'format' });
    expect(error.message).toContain(
      'does not offer XRGB8888. It offers NV12, NV12 in separate planes, YUYV. Ask for one of these',
    );
    expect(kernel.requests('VIDIOC_S_FMT')).toEqual([]);
  });

  it('names the fourccs that it does not know beside the formats that it does', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    jest
      .spyOn(kernel, 'v4l2EnumFormats')
      .mockReturnValue([{ pixelFormat: 0x31305a5a, flags: 0, description: '' }]);
    expect(() => device.configure({ pixelFormat: 'NV12', width: 640, height: 480 })).toThrow(
      'It offers no format that dmaflow knows (and, unknown to dmaflow, ZZ01).',
    );
    const many = Array.from({ length: 10 }, (_, index) => ({
      pixelFormat: 0x30305a5a + index * 0x01000000,
      flags: 0,
      description: '',
    }));
    jest.spyOn(kernel, 'v4l2EnumFormats').mockReturnValue(many);
    expect(() => device.configure({ pixelFormat: 'NV12', width: 640, height: 480 })).toThrow(
      'ZZ07 and 2 more)',
    );
  });

  it('lists the sizes, nearest first, where one is not granted', () => {
    const { kernel } = machine({
      formats: ['YUYV'],
      sizes: [
        [320, 240],
        [640, 480],
        [1280, 720],
        [1920, 1080],
      ],
    });
    using device = CaptureDevice.open(kernel);
    const error = thrown(() => device.configure({ pixelFormat: 'YUYV', width: 1200, height: 700 }));
    expect(error).toBeInstanceOf(NegotiationError);
    expect(error).toMatchObject({ field: 'size' });
    expect(error.message).toBe(
      'vivid (/dev/video0) does not offer 1200x700 in YUYV: it made 1280x720 of it. ' +
        'Sizes of YUYV, nearest first: 1280x720, 640x480, 1920x1080, 320x240. Ask for one of these, or leave the size out.',
    );
  });

  it('describes a range of sizes', () => {
    const { kernel } = machine({
      formats: ['YUYV'],
      sizes: {
        type: 'stepwise',
        minWidth: 16,
        maxWidth: 1920,
        stepWidth: 8,
        minHeight: 16,
        maxHeight: 1080,
        stepHeight: 2,
      },
    });
    using device = CaptureDevice.open(kernel);
    expect(device.configure({ pixelFormat: 'YUYV', width: 808, height: 600 })).toMatchObject({ width: 808 });
    expect(() => device.configure({ pixelFormat: 'YUYV', width: 801, height: 600 })).toThrow(
      'nearest first: 16x16 to 1920x1080 in steps of 8x2',
    );
  });

  it('lists the rates where one is not granted', () => {
    const { kernel } = machine({ fps: [10, 30] });
    using device = CaptureDevice.open(kernel);
    const error = thrown(() => device.configure({ pixelFormat: 'NV12', width: 640, height: 480, fps: 60 }));
    expect(error).toMatchObject({ field: 'fps' });
    expect(error.message).toContain(
      'does not offer 60 fps at 640x480 in NV12: it made 30 fps of it. Rates at this size: 30, 10.',
    );
  });

  it('takes a listed rate within 2 % as the one asked for, in the driver’s own fraction', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const interval = { numerator: 1001, denominator: 30000 };
    jest.spyOn(kernel, 'v4l2EnumFrameIntervals').mockReturnValue([{ type: 'discrete', ...interval }]);
    const set = jest.spyOn(kernel, 'v4l2SetFrameInterval').mockReturnValue(interval);
    const { fps } = device.configure({ pixelFormat: 'NV12', width: 640, height: 480, fps: 30 });
    expect(set).toHaveBeenCalledWith(device.fd, 1, interval);
    expect(fps).toBeCloseTo(29.97, 3);
  });

  it('leaves the rate as it is where none is asked for, and undefined where the driver has none', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const request = { pixelFormat: 'NV12', width: 640, height: 480 } as const;
    expect(device.configure(request).fps).toBe(30);
    expect(kernel.requests('VIDIOC_S_PARM')).toEqual([]);
    jest.spyOn(kernel, 'v4l2GetFrameInterval').mockReturnValue(undefined);
    expect(device.configure(request).fps).toBeUndefined();
    jest.spyOn(kernel, 'v4l2SetFrameInterval').mockReturnValue({ numerator: 0, denominator: 0 });
    expect(device.configure({ ...request, fps: 25 }).fps).toBeUndefined();
  });

  it('refuses a source that gives fields apart', () => {
    const { kernel, camera } = machine();
    using device = CaptureDevice.open(kernel);
    jest.spyOn(kernel, 'v4l2SetFormat').mockImplementation((_fd, _type, format) => {
      return { ...camera.formats.adjust(format), field: 7 };
    });
    expect(() => device.configure({ pixelFormat: 'NV12', width: 640, height: 480 })).toThrow(
      /two fields of an interlaced picture apart/,
    );
  });

  it.each([
    [{ width: 0 }, 'expected width as a positive whole number of pixels, got 0'],
    [{ height: 1.5 }, 'expected height as a positive whole number of pixels, got 1.5'],
    [{ fps: 0 }, 'expected fps as a positive number, got 0'],
    [{ fps: Number.NaN }, 'expected fps as a positive number, got NaN'],
  ])('refuses %j', (mistake, message) => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const request = { pixelFormat: 'NV12', width: 640, height: 480, ...mistake } as const;
    expect(() => device.configure(request)).toThrow(new RangeError(message));
  });

  it('names who holds the camera when it is busy', () => {
    const { kernel } = machine();
    using holder = CaptureDevice.open(kernel);
    holder.requestBuffers(V4L2_MEMORY_MMAP, 2);
    using device = CaptureDevice.open(kernel);
    const request = { pixelFormat: 'NV12', width: 640, height: 480 } as const;
    const error = thrown(() => device.configure(request));
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'EBUSY', syscall: 'VIDIOC_S_FMT', path: '/dev/video0' });
    expect(error.message).toContain('`sudo fuser -v /dev/video0`');

    kernel.addText('/proc/812/comm', 'ffmpeg\n');
    kernel.addText('/proc/812/fd/7', '');
    jest
      .spyOn(kernel, 'linkName')
      .mockImplementation((path) => (path === '/proc/812/fd/7' ? 'video0' : undefined));
    expect(() => device.configure(request)).toThrow(
      'VIDIOC_S_FMT on /dev/video0: EBUSY. The camera is in use by ffmpeg (pid 812): stop it first.',
    );
  });

  it('says that the camera was unplugged', () => {
    const { kernel, camera } = machine();
    using device = CaptureDevice.open(kernel);
    camera.unplug();
    expect(() => device.configure({ pixelFormat: 'NV12', width: 640, height: 480 })).toThrow(
      /^VIDIOC_ENUM_FMT on \/dev\/video0: ENODEV\. The camera was unplugged/,
    );
  });
});

describe('buffers', () => {
  it('returns the granted count, and gives all back', () => {
    const { kernel } = machine({ minBuffers: 3, maxBuffers: 8 });
    using device = CaptureDevice.open(kernel);
    expect(device.requestBuffers(V4L2_MEMORY_DMABUF, 1)).toBe(3);
    expect(device.requestBuffers(V4L2_MEMORY_DMABUF, 100)).toBe(8);
    device.releaseBuffers();
    device.releaseBuffers();
    expect(kernel.requests('VIDIOC_REQBUFS').map(({ args }) => args.count)).toEqual([1, 100, 0]);
    expect(() => device.requestBuffers(V4L2_MEMORY_DMABUF, 0)).toThrow(RangeError);
  });

  it('lets go of its buffers although the camera was unplugged', () => {
    const { kernel, camera } = machine();
    const device = CaptureDevice.open(kernel);
    device.requestBuffers(V4L2_MEMORY_DMABUF, 4);
    camera.unplug();
    device.releaseBuffers();
    device.close();
    kernel.assertNothingLeft();
  });

  it('exports the driver’s own buffers; the fd is the caller’s', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const { memoryPlanes } = device.configure({ pixelFormat: 'NV12', width: 640, height: 480 });
    device.requestBuffers(V4L2_MEMORY_MMAP, 2);
    expect(device.queryBuffer(1).planes[0]?.length).toBe(memoryPlanes[0]?.sizeImage);
    const fd = device.exportBuffer(1, 0);
    expect(kernel.dmaBufSize(fd)).toBeGreaterThanOrEqual(640 * 480 * 1.5);
    kernel.close(fd);
    device.close();
    kernel.assertNothingLeft();
  });

  it.each([true, false])('asks whether the driver imports dma-bufs (%s)', (importsDmaBufs) => {
    const { kernel } = machine({ importsDmaBufs });
    using device = CaptureDevice.open(kernel);
    expect(device.supportsImport()).toBe(importsDmaBufs);
    expect(device.supportsImport()).toBe(importsDmaBufs);
    expect(kernel.requests('VIDIOC_REQBUFS')).toHaveLength(1);
    if (!importsDmaBufs) {
      expect(() => device.requestBuffers(V4L2_MEMORY_DMABUF, 4)).toThrow(/EINVAL.*can export its own/);
    }
  });
});

describe('checkImport', () => {
  function configured(options: Parameters<FakeKernel['addCamera']>[0] = {}) {
    const { kernel, camera } = machine(options);
    const device = CaptureDevice.open(kernel);
    const { memoryPlanes } = device.configure({ pixelFormat: 'NV12', width: 640, height: 480 });
    const lengths = memoryPlanes.map(({ sizeImage }) => sizeImage);
    return { kernel, camera, device, lengths };
  }

  it('takes contiguous memory, and leaves nothing queued', () => {
    const { kernel, camera, device, lengths } = configured();
    const planes = lengths.map((length) => ({ fd: allocate(kernel, 'default_cma_region', length), length }));
    expect(device.checkImport(planes)).toBeUndefined();
    expect(camera.queue.queued).toBe(0);
    expect(camera.queue.busy).toBe(false);
    expect(device.requestBuffers(V4L2_MEMORY_DMABUF, 4)).toBe(4);
    for (const { fd } of planes) kernel.close(fd);
    device.close();
    kernel.assertNothingLeft();
  });

  it('returns the refusal of scattered memory with the heap in the advice, and undoes the trial', () => {
    const { kernel, camera, device, lengths } = configured();
    const planes = lengths.map((length) => ({ fd: allocate(kernel, 'system', length), length }));
    const refusal = device.checkImport(planes, 'system');
    expect(refusal).toMatchObject({ code: 'EFAULT', syscall: 'VIDIOC_QBUF', path: '/dev/video0' });
    expect(refusal?.message).toBe(
      'VIDIOC_QBUF on /dev/video0: EFAULT. The camera needs physically contiguous memory; heap `system` gives ' +
        'scattered pages. Leave the heap out, or use `default_cma_region`.',
    );
    expect(camera.queue.busy).toBe(false);
    for (const { fd } of planes) kernel.close(fd);
    device.close();
    kernel.assertNothingLeft();
  });

  it('takes scattered memory where the camera has an IOMMU', () => {
    const { kernel, device, lengths } = configured({ contiguous: false });
    const planes = lengths.map((length) => ({ fd: allocate(kernel, 'system', length), length }));
    expect(device.checkImport(planes, 'system')).toBeUndefined();
  });

  it('returns the refusal of a buffer that is too small', () => {
    const { kernel, device } = configured();
    const fd = allocate(kernel, 'default_cma_region', 4096);
    expect(device.checkImport([{ fd, length: 4096 }])).toMatchObject({ code: 'EINVAL' });
  });

  it('does not let a length past the end of the dma-buf reach the kernel', () => {
    const { kernel, device } = configured();
    const fd = allocate(kernel, 'default_cma_region', 4096);
    expect(() => device.checkImport([{ fd, length: 460800 }])).toThrow(
      new RangeError('expected a dma-buf of 460800 bytes or more, got 4096'),
    );
    expect(kernel.requests('VIDIOC_REQBUFS')).toEqual([]);
  });

  it('throws where the camera is gone: that says nothing about the buffer', () => {
    const { kernel, device, lengths } = configured();
    const planes = lengths.map((length) => ({ fd: allocate(kernel, 'default_cma_region', length), length }));
    kernel.fail('VIDIOC_QBUF', 'ENODEV');
    expect(() => device.checkImport(planes)).toThrow(
      /VIDIOC_QBUF on \/dev\/video0: ENODEV\. The camera was unplugged/,
    );
  });

  it('will not take the buffers of a running capture away', () => {
    const { device } = configured();
    device.requestBuffers(V4L2_MEMORY_DMABUF, 4);
    expect(() => device.checkImport([])).toThrow(InvalidStateError);
  });
});

describe('advise', () => {
  it('explains an error that the frame loop got', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const scattered = device.advise(new KernelError('VIDIOC_QBUF', 14), 'system');
    expect(scattered.message).toContain(
      'on /dev/video0: EFAULT. The camera needs physically contiguous memory; heap `system`',
    );
    expect(device.advise(new KernelError('VIDIOC_DQBUF', 19)).message).toContain('unplugged');
    expect(device.advise(new KernelError('VIDIOC_STREAMON', 32)).message).toContain('media-ctl');
    const plain = device.advise(new KernelError('VIDIOC_STREAMON', 71));
    expect(plain.message).toBe('VIDIOC_STREAMON on /dev/video0: EPROTO');
  });

  it('tells how much contiguous memory there is when the driver has none', () => {
    const { kernel } = machine();
    using device = CaptureDevice.open(kernel);
    const error = device.advise(new KernelError('VIDIOC_REQBUFS', 12));
    expect(error.message).toContain('(CmaTotal 65536 kB, CmaFree 65536 kB)');
  });
});
