import { CaptureDevice } from '../../../../src/devices/v4l2/capture-device';
import { InvalidStateError, KernelError } from '../../../../src/errors';
import { V4L2_MEMORY_DMABUF, V4L2_MEMORY_MMAP } from '../../../../src/native/v4l2';
import type { FakeKernel } from '../../../../src/testing';
import { allocate, machine } from './fixture';

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
