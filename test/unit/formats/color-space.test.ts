import { colorSpaceFromV4l2, kmsColorProperties } from '../../../src/formats/color-space';

const fields = (colorspace: number, more = {}) => ({
  colorspace,
  ycbcrEncoding: 0,
  quantization: 0,
  transferFunction: 0,
  ...more,
});

// Numbers of enum v4l2_colorspace; defaults by V4L2_MAP_*_DEFAULT of videodev2.h.
describe("V4L2's defaults for YUV", () => {
  it.each([
    ['SMPTE170M', 1, 'smpte170m', 'bt709', 'smpte170m', false],
    ['SMPTE240M', 2, 'smpte170m', null, null, false],
    ['REC709', 3, 'bt709', 'bt709', 'bt709', false],
    ['470_SYSTEM_M', 5, null, 'bt709', 'smpte170m', false],
    ['470_SYSTEM_BG', 6, 'bt470bg', 'bt709', 'bt470bg', false],
    ['JPEG', 7, 'bt709', 'iec61966-2-1', 'smpte170m', true],
    ['SRGB', 8, 'bt709', 'iec61966-2-1', 'smpte170m', false],
    ['OPRGB', 9, null, null, 'smpte170m', false],
    ['BT2020', 10, 'bt2020', 'bt709', 'bt2020-ncl', false],
    ['RAW', 11, null, 'linear', 'smpte170m', false],
    ['DCI_P3', 12, null, null, 'bt709', false],
    ['DEFAULT', 0, 'bt709', 'iec61966-2-1', 'smpte170m', false],
  ])('%s', (_name, colorspace, primaries, transfer, matrix, fullRange) => {
    expect(colorSpaceFromV4l2(fields(colorspace), 'yuv')).toEqual({ primaries, transfer, matrix, fullRange });
  });
});

it('takes RGB and Bayer as full range without a matrix', () => {
  const space = { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true };
  expect(colorSpaceFromV4l2(fields(8), 'rgb')).toEqual(space);
  expect(colorSpaceFromV4l2(fields(8), 'bayer')).toEqual(space);
});

it('takes grey as luma: limited range', () => {
  expect(colorSpaceFromV4l2(fields(8), 'grey').fullRange).toBe(false);
});

it('lets what the driver says win over the defaults', () => {
  const driver = { ycbcrEncoding: 2, quantization: 1, transferFunction: 7 };
  expect(colorSpaceFromV4l2(fields(8, driver), 'yuv')).toEqual({
    primaries: 'bt709',
    transfer: 'pq',
    matrix: 'bt709',
    fullRange: true,
  });
  expect(colorSpaceFromV4l2(fields(7, { quantization: 2 }), 'yuv').fullRange).toBe(false);
  expect(colorSpaceFromV4l2(fields(8, { quantization: 2 }), 'rgb').fullRange).toBe(false);
});

it.each([
  ['601', 1, 'smpte170m'],
  ['709', 2, 'bt709'],
  ['XV601', 3, 'smpte170m'],
  ['XV709', 4, 'bt709'],
  ['SYCC', 5, 'smpte170m'],
  ['BT2020', 6, 'bt2020-ncl'],
  ['BT2020_CONST_LUM', 7, null],
  ['SMPTE240M', 8, null],
])('V4L2_YCBCR_ENC_%s', (_name, ycbcrEncoding, matrix) => {
  expect(colorSpaceFromV4l2(fields(8, { ycbcrEncoding }), 'yuv').matrix).toBe(matrix);
});

describe('kmsColorProperties', () => {
  // The names are those of drm_color_mgmt.c.
  it.each([
    ['SMPTE170M', 1, 'ITU-R BT.601 YCbCr', 'YCbCr limited range'],
    ['REC709', 3, 'ITU-R BT.709 YCbCr', 'YCbCr limited range'],
    ['470_SYSTEM_BG', 6, 'ITU-R BT.601 YCbCr', 'YCbCr limited range'],
    ['JPEG', 7, 'ITU-R BT.601 YCbCr', 'YCbCr full range'],
    ['BT2020', 10, 'ITU-R BT.2020 YCbCr', 'YCbCr limited range'],
  ])('names what V4L2_COLORSPACE_%s needs', (_name, colorspace, encoding, range) => {
    expect(kmsColorProperties(colorSpaceFromV4l2(fields(colorspace), 'yuv'))).toEqual({ encoding, range });
  });

  it('has nothing to say about RGB, and no name for SMPTE 240M', () => {
    expect(kmsColorProperties(colorSpaceFromV4l2(fields(8), 'rgb'))).toBeUndefined();
    expect(kmsColorProperties(colorSpaceFromV4l2(fields(2), 'yuv'))).toBeUndefined();
  });
});
