import { fourccFromString } from '../../../src/formats/fourcc';
import {
  formatFromDrmFourcc,
  formatFromV4l2Fourcc,
  PIXEL_FORMATS,
  type PixelFormatName,
  pixelFormat,
} from '../../../src/formats/pixel-formats';

const drm = (fourcc: string) => formatFromDrmFourcc(fourccFromString(fourcc))?.name;
const v4l2 = (fourcc: string) => {
  const found = formatFromV4l2Fourcc(fourccFromString(fourcc));
  return found && [found.format.name, found.separatePlanes];
};

describe('V4L2 and DRM name RGB formats by opposite orders', () => {
  // Left: the V4L2 fourcc and the order in memory that videodev2.h gives it; right: DRM's, as drm_fourcc.h gives its bits.
  it.each([
    ['XR24', 'B G R X', 'XRGB8888', 'XR24'],
    ['AR24', 'B G R A', 'ARGB8888', 'AR24'],
    ['BGR4', 'B G R X', 'XRGB8888', 'XR24'],
    ['XB24', 'R G B X', 'XBGR8888', 'XB24'],
    ['AB24', 'R G B A', 'ABGR8888', 'AB24'],
    ['BX24', 'X R G B', 'BGRX8888', 'BX24'],
    ['RGB4', 'X R G B', 'BGRX8888', 'BX24'],
    ['BA24', 'A R G B', 'BGRA8888', 'BA24'],
    ['RX24', 'X B G R', 'RGBX8888', 'RX24'],
    ['RA24', 'A B G R', 'RGBA8888', 'RA24'],
    ['RGB3', 'R G B', 'BGR888', 'BG24'],
    ['BGR3', 'B G R', 'RGB888', 'RG24'],
    ['RGBP', 'RGB565 little-endian', 'RGB565', 'RG16'],
    ['XR15', 'XRGB1555 little-endian', 'XRGB1555', 'XR15'],
  ])('V4L2 %s (%s) is DRM %s', (fourcc, _order, name, drmFourcc) => {
    expect(v4l2(fourcc)).toEqual([name, false]);
    expect(drm(drmFourcc)).toBe(name);
  });

  it("reads DRM's names as a little-endian word: the last letters lie first in memory", () => {
    const memory = (name: PixelFormatName) => /^([A-Z]+)8888$/.exec(name)?.[1]?.split('').reverse().join('');
    for (const format of PIXEL_FORMATS.filter(({ webCodecs, model }) => model === 'rgb' && webCodecs)) {
      expect(format.webCodecs).toBe(memory(format.name));
    }
  });
});

describe('YUV', () => {
  it.each([
    ['NV12', 'NV12', 'NV12', 'NM12', 12],
    ['NV21', 'NV21', 'NV21', 'NM21', 12],
    ['NV16', 'NV16', 'NV16', 'NM16', 16],
    ['NV61', 'NV61', 'NV61', 'NM61', 16],
    ['NV24', 'NV24', 'NV24', undefined, 24],
    ['NV42', 'NV42', 'NV42', undefined, 24],
    ['YUV420', 'YU12', 'YU12', 'YM12', 12],
    ['YVU420', 'YV12', 'YV12', 'YM21', 12],
    ['YUV422', 'YU16', '422P', 'YM16', 16],
    ['YVU422', 'YV16', undefined, 'YM61', 16],
    ['YUV444', 'YU24', undefined, 'YM24', 24],
    ['YVU444', 'YV24', undefined, 'YM42', 24],
    ['P010', 'P010', 'P010', undefined, 24],
    ['YUYV', 'YUYV', 'YUYV', undefined, 16],
    ['UYVY', 'UYVY', 'UYVY', undefined, 16],
    ['YVYU', 'YVYU', 'YVYU', undefined, 16],
    ['VYUY', 'VYUY', 'VYUY', undefined, 16],
  ])(
    '%s: DRM %s, V4L2 %s, in separate memory planes %s, %i bits',
    (name, drmFourcc, contiguous, separate, bits) => {
      expect(drm(drmFourcc)).toBe(name);
      if (contiguous) expect(v4l2(contiguous)).toEqual([name, false]);
      else expect(pixelFormat(name).v4l2.contiguous).toEqual([]);
      if (separate) expect(v4l2(separate)).toEqual([name, true]);
      else expect(pixelFormat(name).v4l2.separate).toBeUndefined();
      expect(pixelFormat(name).bitsPerPixel).toBe(bits);
    },
  );
});

describe('formats that no display shows', () => {
  it.each([
    ['SRGGB8', 'RGGB', 8],
    ['SGRBG8', 'GRBG', 8],
    ['SGBRG8', 'GBRG', 8],
    ['SBGGR8', 'BA81', 8],
    ['SRGGB10', 'RG10', 16],
    ['SGRBG10', 'BA10', 16],
    ['SRGGB10P', 'pRAA', 10],
    ['MJPEG', 'MJPG', 0],
    ['MJPEG', 'JPEG', 0],
    ['H264', 'H264', 0],
    ['HEVC', 'HEVC', 0],
  ])('%s is V4L2 %s with %i bits and has no DRM fourcc', (name, fourcc, bits) => {
    expect(v4l2(fourcc)).toEqual([name, false]);
    expect(pixelFormat(name).drmFourcc).toBeUndefined();
    expect(pixelFormat(name).bitsPerPixel).toBe(bits);
  });

  it('takes V4L2 GREY as DRM R8', () => {
    expect(v4l2('GREY')).toEqual(['R8', false]);
    expect(drm('R8')).toBe('R8');
  });
});

describe('the table', () => {
  it('has each name and fourcc once', () => {
    const once = (values: unknown[]) => expect(new Set(values).size).toBe(values.length);
    once(PIXEL_FORMATS.map(({ name }) => name));
    once(PIXEL_FORMATS.flatMap(({ drmFourcc }) => (drmFourcc === undefined ? [] : [drmFourcc])));
    once(
      PIXEL_FORMATS.flatMap(({ v4l2 }) => [
        ...v4l2.contiguous,
        ...(v4l2.separate === undefined ? [] : [v4l2.separate]),
      ]),
    );
  });

  it('prefers XRGB8888, and compressed formats last', () => {
    expect(PIXEL_FORMATS.map(({ rank }) => rank)).toEqual(PIXEL_FORMATS.map((_, index) => index));
    const order = ['XRGB8888', 'ARGB8888', 'XBGR8888', 'RGB565', 'NV12', 'YUYV', 'UYVY', 'SRGGB8', 'MJPEG'];
    const ranks = order.map((name) => pixelFormat(name).rank);
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    const firstCompressed = PIXEL_FORMATS.findIndex(({ model }) => model === 'compressed');
    expect(PIXEL_FORMATS.slice(firstCompressed).every(({ model }) => model === 'compressed')).toBe(true);
  });

  it('knows alpha by the letter', () => {
    for (const { name, alpha, model } of PIXEL_FORMATS) {
      if (model === 'rgb') expect([name, alpha]).toEqual([name, name.includes('A')]);
    }
  });
});

describe('pixelFormat', () => {
  it("takes DRM's and WebCodecs' names, in any case", () => {
    expect(pixelFormat('NV12').name).toBe('NV12');
    expect(pixelFormat('nv12').name).toBe('NV12');
    expect(pixelFormat('I420').name).toBe('YUV420');
    expect(pixelFormat('BGRX').name).toBe('XRGB8888');
    expect(pixelFormat('RGBA').name).toBe('ABGR8888');
  });

  it('lists the names near an unknown one', () => {
    expect(() => pixelFormat('XRGB888')).toThrow(RangeError);
    expect(() => pixelFormat('XRGB888')).toThrow(/unknown pixel format 'XRGB888'; names near it: XRGB8888, /);
  });

  it('wants a string', () => {
    expect(() => pixelFormat(12 as unknown as string)).toThrow(TypeError);
  });

  it('does not know what the table does not have', () => {
    expect(formatFromDrmFourcc(0)).toBeUndefined();
    expect(formatFromV4l2Fourcc(fourccFromString('PAL8'))).toBeUndefined();
  });
});
