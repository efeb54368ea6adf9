/**
 * Pixel formats as one table: DRM's names and fourccs inside, V4L2's and WebCodecs' beside them.
 *
 * V4L2 names its RGB formats by the order of the bytes in memory, DRM by the order of the bits in a little-endian
 * word: V4L2_PIX_FMT_RGB24 (R, G, B in memory) is DRM_FORMAT_BGR888. The table is checked against
 * include/uapi/linux/videodev2.h, include/uapi/drm/drm_fourcc.h and
 * Documentation/userspace-api/media/v4l/pixfmt-*.rst.
 */
import { fourccFromString } from './fourcc';
import { nearNames } from './near-names';

export type ColorModel = 'rgb' | 'yuv' | 'grey' | 'bayer' | 'compressed';

/** One colour plane. `blockBytes` bytes hold `blockWidth` samples of a row: 1 and 2 for NV12's Cb-Cr pairs. */
export interface ColorPlane {
  /** Pixels of the picture a sample stands for, across and down. */
  readonly horizontalSubsampling: number;
  readonly verticalSubsampling: number;
  readonly blockWidth: number;
  readonly blockBytes: number;
}

export interface PixelFormat {
  /** DRM's name; for formats that DRM does not have (Bayer, compressed), V4L2's. */
  readonly name: PixelFormatName;
  readonly model: ColorModel;
  readonly alpha: boolean;
  /** Undefined where no display knows the format. */
  readonly drmFourcc: number | undefined;
  readonly v4l2: {
    /** All colour planes in one memory plane. The first is the one to ask for; more are older names. Empty: none. */
    readonly contiguous: readonly number[];
    /** Each colour plane in a memory plane of its own (V4L2_PIX_FMT_*M). */
    readonly separate: number | undefined;
  };
  /** Empty for compressed formats. */
  readonly planes: readonly ColorPlane[];
  /** WebCodecs' `VideoPixelFormat`, where it has the format. */
  readonly webCodecs: string | undefined;
  /** Of memory, over all planes, padding bits included; 0 for compressed formats. */
  readonly bitsPerPixel: number;
  /** Place in the order in which a camera and a display agree; 0 is preferred. */
  readonly rank: number;
}

interface Row {
  readonly name: string;
  readonly model: ColorModel;
  readonly alpha?: boolean;
  readonly drm?: string;
  readonly v4l2: readonly string[];
  readonly separate?: string;
  readonly planes: readonly ColorPlane[];
  readonly webCodecs?: string;
}

function plane(bytes: number, horizontal = 1, vertical = 1, blockWidth = 1): ColorPlane {
  return {
    horizontalSubsampling: horizontal,
    verticalSubsampling: vertical,
    blockWidth,
    blockBytes: bytes,
  };
}

const packed = (bytes: number) => [plane(bytes)];
const semiPlanar = (horizontal: number, vertical: number, sample = 1) => [
  plane(sample),
  plane(2 * sample, horizontal, vertical),
];
const planar = (horizontal: number, vertical: number) => [
  plane(1),
  plane(1, horizontal, vertical),
  plane(1, horizontal, vertical),
];
/** MIPI RAW10: four samples in five bytes (pixfmt-srggb10p.rst). */
const mipiRaw10 = [plane(5, 1, 1, 4)];

/** The order of the rows is the order of preference between a camera and a display. */
const TABLE = [
  {
    name: 'XRGB8888',
    model: 'rgb',
    drm: 'XR24',
    v4l2: ['XR24', 'BGR4'],
    planes: packed(4),
    webCodecs: 'BGRX',
  },
  {
    name: 'ARGB8888',
    model: 'rgb',
    alpha: true,
    drm: 'AR24',
    v4l2: ['AR24'],
    planes: packed(4),
    webCodecs: 'BGRA',
  },
  { name: 'XBGR8888', model: 'rgb', drm: 'XB24', v4l2: ['XB24'], planes: packed(4), webCodecs: 'RGBX' },
  {
    name: 'ABGR8888',
    model: 'rgb',
    alpha: true,
    drm: 'AB24',
    v4l2: ['AB24'],
    planes: packed(4),
    webCodecs: 'RGBA',
  },
  { name: 'BGRX8888', model: 'rgb', drm: 'BX24', v4l2: ['BX24', 'RGB4'], planes: packed(4) },
  { name: 'BGRA8888', model: 'rgb', alpha: true, drm: 'BA24', v4l2: ['BA24'], planes: packed(4) },
  { name: 'RGBX8888', model: 'rgb', drm: 'RX24', v4l2: ['RX24'], planes: packed(4) },
  { name: 'RGBA8888', model: 'rgb', alpha: true, drm: 'RA24', v4l2: ['RA24'], planes: packed(4) },
  { name: 'RGB888', model: 'rgb', drm: 'RG24', v4l2: ['BGR3'], planes: packed(3) },
  { name: 'BGR888', model: 'rgb', drm: 'BG24', v4l2: ['RGB3'], planes: packed(3) },
  { name: 'RGB565', model: 'rgb', drm: 'RG16', v4l2: ['RGBP'], planes: packed(2) },
  { name: 'XRGB1555', model: 'rgb', drm: 'XR15', v4l2: ['XR15', 'RGBO'], planes: packed(2) },
  { name: 'ARGB1555', model: 'rgb', alpha: true, drm: 'AR15', v4l2: ['AR15'], planes: packed(2) },
  {
    name: 'NV12',
    model: 'yuv',
    drm: 'NV12',
    v4l2: ['NV12'],
    separate: 'NM12',
    planes: semiPlanar(2, 2),
    webCodecs: 'NV12',
  },
  { name: 'NV21', model: 'yuv', drm: 'NV21', v4l2: ['NV21'], separate: 'NM21', planes: semiPlanar(2, 2) },
  { name: 'YUYV', model: 'yuv', drm: 'YUYV', v4l2: ['YUYV'], planes: packed(2) },
  { name: 'UYVY', model: 'yuv', drm: 'UYVY', v4l2: ['UYVY'], planes: packed(2) },
  { name: 'YVYU', model: 'yuv', drm: 'YVYU', v4l2: ['YVYU'], planes: packed(2) },
  { name: 'VYUY', model: 'yuv', drm: 'VYUY', v4l2: ['VYUY'], planes: packed(2) },
  { name: 'NV16', model: 'yuv', drm: 'NV16', v4l2: ['NV16'], separate: 'NM16', planes: semiPlanar(2, 1) },
  { name: 'NV61', model: 'yuv', drm: 'NV61', v4l2: ['NV61'], separate: 'NM61', planes: semiPlanar(2, 1) },
  { name: 'NV24', model: 'yuv', drm: 'NV24', v4l2: ['NV24'], planes: semiPlanar(1, 1) },
  { name: 'NV42', model: 'yuv', drm: 'NV42', v4l2: ['NV42'], planes: semiPlanar(1, 1) },
  {
    name: 'YUV420',
    model: 'yuv',
    drm: 'YU12',
    v4l2: ['YU12'],
    separate: 'YM12',
    planes: planar(2, 2),
    webCodecs: 'I420',
  },
  { name: 'YVU420', model: 'yuv', drm: 'YV12', v4l2: ['YV12'], separate: 'YM21', planes: planar(2, 2) },
  {
    name: 'YUV422',
    model: 'yuv',
    drm: 'YU16',
    v4l2: ['422P'],
    separate: 'YM16',
    planes: planar(2, 1),
    webCodecs: 'I422',
  },
  { name: 'YVU422', model: 'yuv', drm: 'YV16', v4l2: [], separate: 'YM61', planes: planar(2, 1) },
  {
    name: 'YUV444',
    model: 'yuv',
    drm: 'YU24',
    v4l2: [],
    separate: 'YM24',
    planes: planar(1, 1),
    webCodecs: 'I444',
  },
  { name: 'YVU444', model: 'yuv', drm: 'YV24', v4l2: [], separate: 'YM42', planes: planar(1, 1) },
  { name: 'P010', model: 'yuv', drm: 'P010', v4l2: ['P010'], planes: semiPlanar(2, 2, 2) },
  { name: 'R8', model: 'grey', drm: 'R8', v4l2: ['GREY'], planes: packed(1) },
  { name: 'R10', model: 'grey', drm: 'R10', v4l2: ['Y10'], planes: packed(2) },
  { name: 'R12', model: 'grey', drm: 'R12', v4l2: ['Y12'], planes: packed(2) },
  { name: 'R16', model: 'grey', drm: 'R16', v4l2: ['Y16'], planes: packed(2) },
  { name: 'SRGGB8', model: 'bayer', v4l2: ['RGGB'], planes: packed(1) },
  { name: 'SGRBG8', model: 'bayer', v4l2: ['GRBG'], planes: packed(1) },
  { name: 'SGBRG8', model: 'bayer', v4l2: ['GBRG'], planes: packed(1) },
  { name: 'SBGGR8', model: 'bayer', v4l2: ['BA81'], planes: packed(1) },
  { name: 'SRGGB10', model: 'bayer', v4l2: ['RG10'], planes: packed(2) },
  { name: 'SGRBG10', model: 'bayer', v4l2: ['BA10'], planes: packed(2) },
  { name: 'SGBRG10', model: 'bayer', v4l2: ['GB10'], planes: packed(2) },
  { name: 'SBGGR10', model: 'bayer', v4l2: ['BG10'], planes: packed(2) },
  { name: 'SRGGB10P', model: 'bayer', v4l2: ['pRAA'], planes: mipiRaw10 },
  { name: 'SGRBG10P', model: 'bayer', v4l2: ['pgAA'], planes: mipiRaw10 },
  { name: 'SGBRG10P', model: 'bayer', v4l2: ['pGAA'], planes: mipiRaw10 },
  { name: 'SBGGR10P', model: 'bayer', v4l2: ['pBAA'], planes: mipiRaw10 },
  { name: 'MJPEG', model: 'compressed', v4l2: ['MJPG', 'JPEG'], planes: [] },
  { name: 'H264', model: 'compressed', v4l2: ['H264'], planes: [] },
  { name: 'HEVC', model: 'compressed', v4l2: ['HEVC'], planes: [] },
  { name: 'VP8', model: 'compressed', v4l2: ['VP80'], planes: [] },
  { name: 'VP9', model: 'compressed', v4l2: ['VP90'], planes: [] },
] as const satisfies readonly Row[];

export type PixelFormatName = (typeof TABLE)[number]['name'];

/** All formats, the preferred one first. */
export const PIXEL_FORMATS: readonly PixelFormat[] = TABLE.map((row: Row, rank) => ({
  name: row.name as PixelFormatName,
  model: row.model,
  alpha: row.alpha ?? false,
  drmFourcc: row.drm === undefined ? undefined : fourccFromString(row.drm),
  v4l2: {
    contiguous: row.v4l2.map(fourccFromString),
    separate: row.separate === undefined ? undefined : fourccFromString(row.separate),
  },
  planes: row.planes,
  webCodecs: row.webCodecs,
  bitsPerPixel: row.planes.reduce((bits, each) => bits + planeBitsPerPixel(each), 0),
  rank,
}));

function planeBitsPerPixel(each: ColorPlane): number {
  return (each.blockBytes * 8) / each.blockWidth / each.horizontalSubsampling / each.verticalSubsampling;
}

const byName = new Map<string, PixelFormat>();
const byDrmFourcc = new Map<number, PixelFormat>();
const byV4l2Fourcc = new Map<number, { readonly format: PixelFormat; readonly separatePlanes: boolean }>();
for (const format of PIXEL_FORMATS) {
  if (format.webCodecs !== undefined) byName.set(format.webCodecs, format);
  byName.set(format.name, format);
  if (format.drmFourcc !== undefined) byDrmFourcc.set(format.drmFourcc, format);
  for (const fourcc of format.v4l2.contiguous) byV4l2Fourcc.set(fourcc, { format, separatePlanes: false });
  if (format.v4l2.separate !== undefined) {
    byV4l2Fourcc.set(format.v4l2.separate, { format, separatePlanes: true });
  }
}

/**
 * A format by its name or WebCodecs' name (`I420`, `BGRX`), upper or lower case.
 * @throws RangeError that lists the names nearest to the one given.
 */
export function pixelFormat(name: PixelFormatName | (string & {})): PixelFormat {
  if (typeof name !== 'string') {
    throw new TypeError(`expected the name of a pixel format, like 'XRGB8888', got ${typeof name}`);
  }
  const format = byName.get(name) ?? byName.get(name.toUpperCase());
  if (format) return format;
  throw new RangeError(
    `unknown pixel format '${name}'; names near it: ${nearNames(name, byName.keys()).join(', ')}`,
  );
}

export function formatFromDrmFourcc(fourcc: number): PixelFormat | undefined {
  return byDrmFourcc.get(fourcc >>> 0);
}

/** `separatePlanes`: each colour plane is in a memory plane of its own. */
export function formatFromV4l2Fourcc(
  fourcc: number,
): { readonly format: PixelFormat; readonly separatePlanes: boolean } | undefined {
  return byV4l2Fourcc.get(fourcc >>> 0);
}
