/**
 * Colour spaces: V4L2's four fields to WebCodecs' `VideoColorSpace`, and on to KMS plane properties.
 * Sources: include/uapi/linux/videodev2.h (V4L2_MAP_*_DEFAULT),
 * Documentation/userspace-api/media/v4l/colorspaces-*.rst, drivers/gpu/drm/drm_color_mgmt.c.
 */
import type { ColorModel } from './pixel-formats';

/** enum v4l2_colorspace */
const COLORSPACE = {
  SMPTE170M: 1,
  SMPTE240M: 2,
  REC709: 3,
  BT878: 4,
  SYSTEM_BG_470: 6,
  JPEG: 7,
  SRGB: 8,
  OPRGB: 9,
  BT2020: 10,
  RAW: 11,
  DCI_P3: 12,
} as const;

/** enum v4l2_xfer_func */
const TRANSFER = { BT709: 1, SRGB: 2, OPRGB: 3, SMPTE240M: 4, NONE: 5, DCI_P3: 6, SMPTE2084: 7 } as const;

/** enum v4l2_ycbcr_encoding */
const ENCODING = { BT601: 1, BT709: 2, XV601: 3, XV709: 4, SYCC: 5, BT2020: 6, SMPTE240M: 8 } as const;

/** enum v4l2_quantization */
const QUANTIZATION_FULL_RANGE = 1;
const QUANTIZATION_LIMITED_RANGE = 2;

/** The colour fields of struct v4l2_pix_format, as the kernel's numbers; 0 is V4L2's DEFAULT in each. */
export interface V4l2ColorFields {
  colorspace: number;
  ycbcrEncoding: number;
  quantization: number;
  transferFunction: number;
}

/** WebCodecs' `VideoColorSpaceInit`; null where WebCodecs has no name for what V4L2 says. */
export interface ColorSpace {
  primaries: 'bt709' | 'bt470bg' | 'smpte170m' | 'bt2020' | null;
  transfer: 'bt709' | 'iec61966-2-1' | 'linear' | 'pq' | null;
  matrix: 'rgb' | 'bt709' | 'bt470bg' | 'smpte170m' | 'bt2020-ncl' | null;
  fullRange: boolean;
}

/** Names of the enum values of a KMS plane's COLOR_ENCODING and COLOR_RANGE properties. */
export interface KmsColorProperties {
  encoding: 'ITU-R BT.601 YCbCr' | 'ITU-R BT.709 YCbCr' | 'ITU-R BT.2020 YCbCr';
  range: 'YCbCr full range' | 'YCbCr limited range';
}

const PRIMARIES = new Map<number, ColorSpace['primaries']>([
  [COLORSPACE.SMPTE170M, 'smpte170m'],
  [COLORSPACE.SMPTE240M, 'smpte170m'],
  [COLORSPACE.REC709, 'bt709'],
  [COLORSPACE.BT878, 'smpte170m'],
  [COLORSPACE.SYSTEM_BG_470, 'bt470bg'],
  [COLORSPACE.JPEG, 'bt709'],
  [COLORSPACE.SRGB, 'bt709'],
  [COLORSPACE.BT2020, 'bt2020'],
]);

const TRANSFERS = new Map<number, ColorSpace['transfer']>([
  [TRANSFER.BT709, 'bt709'],
  [TRANSFER.SRGB, 'iec61966-2-1'],
  [TRANSFER.NONE, 'linear'],
  [TRANSFER.SMPTE2084, 'pq'],
]);

const MATRICES = new Map<number, ColorSpace['matrix']>([
  [ENCODING.BT601, 'smpte170m'],
  [ENCODING.XV601, 'smpte170m'],
  [ENCODING.SYCC, 'smpte170m'],
  [ENCODING.BT709, 'bt709'],
  [ENCODING.XV709, 'bt709'],
  [ENCODING.BT2020, 'bt2020-ncl'],
]);

/**
 * What a driver's colour fields mean for a format of this model, V4L2's defaults resolved. A colorspace that the
 * driver left at DEFAULT is taken as sRGB, V4L2's default for what is not a television signal.
 */
export function colorSpaceFromV4l2(fields: V4l2ColorFields, model: ColorModel): ColorSpace {
  const colorspace = fields.colorspace || COLORSPACE.SRGB;
  const transfer = fields.transferFunction || defaultTransfer(colorspace);
  const encoding = fields.ycbcrEncoding || defaultEncoding(colorspace);
  const isRgb = model === 'rgb' || model === 'bayer';
  return {
    primaries: PRIMARIES.get(colorspace) ?? null,
    transfer: TRANSFERS.get(transfer) ?? null,
    matrix: isRgb ? 'rgb' : matrixOf(encoding, colorspace),
    fullRange: isFullRange(fields.quantization, isRgb, colorspace),
  };
}

/** What a KMS plane has to be told to show the colours right; undefined for RGB and for what KMS has no name for. */
export function kmsColorProperties(colorSpace: ColorSpace): KmsColorProperties | undefined {
  const encoding = kmsEncoding(colorSpace.matrix);
  return encoding && { encoding, range: colorSpace.fullRange ? 'YCbCr full range' : 'YCbCr limited range' };
}

function kmsEncoding(matrix: ColorSpace['matrix']): KmsColorProperties['encoding'] | undefined {
  switch (matrix) {
    case 'smpte170m':
    case 'bt470bg':
      return 'ITU-R BT.601 YCbCr';
    case 'bt709':
      return 'ITU-R BT.709 YCbCr';
    case 'bt2020-ncl':
      return 'ITU-R BT.2020 YCbCr';
    default:
      return undefined;
  }
}

/** BT.601 has one matrix; WebCodecs names it after the 525- or the 625-line system. */
function matrixOf(encoding: number, colorspace: number): ColorSpace['matrix'] {
  const matrix = MATRICES.get(encoding) ?? null;
  return matrix === 'smpte170m' && colorspace === COLORSPACE.SYSTEM_BG_470 ? 'bt470bg' : matrix;
}

/** V4L2_MAP_XFER_FUNC_DEFAULT */
function defaultTransfer(colorspace: number): number {
  switch (colorspace) {
    case COLORSPACE.OPRGB:
      return TRANSFER.OPRGB;
    case COLORSPACE.SMPTE240M:
      return TRANSFER.SMPTE240M;
    case COLORSPACE.DCI_P3:
      return TRANSFER.DCI_P3;
    case COLORSPACE.RAW:
      return TRANSFER.NONE;
    case COLORSPACE.SRGB:
    case COLORSPACE.JPEG:
      return TRANSFER.SRGB;
    default:
      return TRANSFER.BT709;
  }
}

/** V4L2_MAP_YCBCR_ENC_DEFAULT */
function defaultEncoding(colorspace: number): number {
  switch (colorspace) {
    case COLORSPACE.REC709:
    case COLORSPACE.DCI_P3:
      return ENCODING.BT709;
    case COLORSPACE.BT2020:
      return ENCODING.BT2020;
    case COLORSPACE.SMPTE240M:
      return ENCODING.SMPTE240M;
    default:
      return ENCODING.BT601;
  }
}

/** V4L2_MAP_QUANTIZATION_DEFAULT */
function isFullRange(quantization: number, isRgb: boolean, colorspace: number): boolean {
  if (quantization === QUANTIZATION_FULL_RANGE) return true;
  if (quantization === QUANTIZATION_LIMITED_RANGE) return false;
  return isRgb || colorspace === COLORSPACE.JPEG;
}
