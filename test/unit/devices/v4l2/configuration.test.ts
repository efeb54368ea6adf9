import { CaptureDevice } from '../../../../src/devices/v4l2/capture-device';
import { KernelError, NegotiationError } from '../../../../src/errors';
import { V4L2_MEMORY_MMAP } from '../../../../src/native/v4l2';
import { machine, thrown } from './fixture';

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
