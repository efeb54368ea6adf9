import {
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
  V4L2_CAP_DEVICE_CAPS,
  V4L2_CAP_STREAMING,
  V4L2_CAP_VIDEO_CAPTURE,
  type V4l2Format,
} from '../../../src/native/v4l2';
import { fourcc } from '../../../src/testing/pixels';
import { overKernel, refusal, thrownBy } from '../bench';

const TYPE = V4L2_BUF_TYPE_VIDEO_CAPTURE;
const [XR24, NV12, NM12] = [fourcc('XR24'), fourcc('NV12'), fourcc('NM12')];

function format(
  pixelFormat: number,
  width: number,
  height: number,
  bytesPerLine: number[] = [0],
): V4l2Format {
  const unset = { field: 0, colorspace: 0, ycbcrEncoding: 0, quantization: 0, transferFunction: 0 };
  return {
    width,
    height,
    pixelFormat,
    ...unset,
    planes: bytesPerLine.map((line) => ({ bytesPerLine: line, sizeImage: 0 })),
  };
}

overKernel((session) => {
  const camera = () => session().open(session().bench.camera);

  describe('a camera', () => {
    it('says what it is', () => {
      const capability = session().kernel.v4l2QueryCap(camera());
      expect(capability).toMatchObject({ driver: 'vivid', card: 'vivid', busInfo: 'platform:vivid-000' });
      expect(capability.capabilities & V4L2_CAP_DEVICE_CAPS).not.toBe(0);
      const wanted = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      expect(capability.deviceCaps & wanted).toBe(wanted);
    });

    it('lists formats of its own buffer type only', () => {
      const { kernel } = session();
      const fd = camera();
      const formats = kernel.v4l2EnumFormats(fd, TYPE).map(({ pixelFormat }) => pixelFormat);
      expect(formats).toEqual(expect.arrayContaining([XR24, NV12]));
      expect(formats).not.toContain(NM12);
      expect(kernel.v4l2EnumFormats(fd, TYPE, 2).map(({ pixelFormat }) => pixelFormat)).toEqual(
        formats.slice(0, 2),
      );
      expect(kernel.v4l2EnumFormats(fd, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)).toEqual([]);
    });

    it('lists sizes and frame intervals', () => {
      const { kernel } = session();
      const fd = camera();
      expect(kernel.v4l2EnumFrameSizes(fd, XR24)).toContainEqual({
        type: 'discrete',
        width: 1280,
        height: 720,
      });
      expect(kernel.v4l2EnumFrameSizes(fd, fourcc('none'))).toEqual([]);
      const thirty = { type: 'discrete', numerator: 1, denominator: 30 };
      expect(kernel.v4l2EnumFrameIntervals(fd, XR24, 1280, 720)).toContainEqual(thirty);
      expect(kernel.v4l2EnumFrameIntervals(fd, XR24, 1281, 720)).toEqual([]);
    });

    it('has inputs', () => {
      const { kernel } = session();
      const fd = camera();
      expect(kernel.v4l2EnumInputs(fd)[0]).toMatchObject({ index: 0, name: 'Webcam 000-0', type: 2 });
      expect(kernel.v4l2GetInput(fd)).toBe(0);
      kernel.v4l2SetInput(fd, 0);
      expect(thrownBy(() => kernel.v4l2SetInput(fd, 99))).toEqual(refusal('VIDIOC_S_INPUT', 'EINVAL'));
    });

    it('refuses a control that it has not', () => {
      const { kernel } = session();
      const fd = camera();
      expect(thrownBy(() => kernel.v4l2GetControl(fd, 0x1234))).toEqual(refusal('VIDIOC_G_CTRL', 'EINVAL'));
      expect(thrownBy(() => kernel.v4l2SetControl(fd, 0x1234, 1))).toEqual(
        refusal('VIDIOC_S_CTRL', 'EINVAL'),
      );
    });
  });

  describe('a format', () => {
    it('is set and read back', () => {
      const { kernel } = session();
      const fd = camera();
      const set = kernel.v4l2SetFormat(fd, TYPE, format(XR24, 640, 480));
      expect(set).toMatchObject({ width: 640, height: 480, pixelFormat: XR24 });
      expect(set.planes).toEqual([{ bytesPerLine: 2560, sizeImage: 2560 * 480 }]);
      expect(kernel.v4l2GetFormat(fd, TYPE)).toEqual(set);
    });

    it('is adjusted to what the driver has', () => {
      const { kernel } = session();
      const fd = camera();
      expect(kernel.v4l2SetFormat(fd, TYPE, format(fourcc('none'), 650, 470))).toMatchObject({
        width: 640,
        height: 480,
        pixelFormat: fourcc('YUYV'),
      });
    });

    it('keeps a longer stride, for every colour plane', () => {
      const { kernel } = session();
      const fd = camera();
      const [plane] = kernel.v4l2SetFormat(fd, TYPE, format(NV12, 640, 480, [768])).planes;
      expect(plane).toEqual({ bytesPerLine: 768, sizeImage: (768 * 480 * 3) / 2 });
    });

    it('is tried without a change', () => {
      const { kernel } = session();
      const fd = camera();
      const before = kernel.v4l2SetFormat(fd, TYPE, format(XR24, 640, 480));
      expect(kernel.v4l2TryFormat(fd, TYPE, format(NV12, 1280, 720))).toMatchObject({
        width: 1280,
        pixelFormat: NV12,
      });
      expect(kernel.v4l2GetFormat(fd, TYPE)).toEqual(before);
    });

    it('of the other planarity is refused', () => {
      const { kernel, bench } = session();
      const fd = camera();
      const other = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
      expect(thrownBy(() => kernel.v4l2GetFormat(fd, other))).toEqual(
        refusal('VIDIOC_G_FMT', 'ENOTTY', bench.camera),
      );
      expect(thrownBy(() => kernel.v4l2SetFormat(fd, other, format(NM12, 640, 480, [0, 0])))).toEqual(
        refusal('VIDIOC_S_FMT', 'ENOTTY', bench.camera),
      );
    });

    it('of a multi-planar camera has a stride and a size for each memory plane', () => {
      const { kernel, bench } = session();
      const fd = session().open(bench.multiplanarCamera);
      const type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
      expect(kernel.v4l2SetFormat(fd, type, format(NM12, 640, 480, [0, 0])).planes).toEqual([
        { bytesPerLine: 640, sizeImage: 640 * 480 },
        { bytesPerLine: 640, sizeImage: (640 * 480) / 2 },
      ]);
      expect(kernel.v4l2SetFormat(fd, type, format(NV12, 640, 480)).planes).toEqual([
        { bytesPerLine: 640, sizeImage: (640 * 480 * 3) / 2 },
      ]);
    });
  });

  describe('a frame interval', () => {
    it('is set, adjusted and read back', () => {
      const { kernel } = session();
      const fd = camera();
      kernel.v4l2SetFormat(fd, TYPE, format(XR24, 640, 480));
      const thirty = { numerator: 1, denominator: 30 };
      expect(kernel.v4l2SetFrameInterval(fd, TYPE, thirty)).toEqual(thirty);
      expect(kernel.v4l2GetFrameInterval(fd, TYPE)).toEqual(thirty);
      expect(kernel.v4l2SetFrameInterval(fd, TYPE, { numerator: 1, denominator: 29 })).toEqual(thirty);
    });
  });
});
