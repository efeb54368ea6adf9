/**
 * Pictures for tests of conversions, written and read by formulas of their own: BT.601 and BT.709 in floating point
 * (ITU-R BT.601-7, BT.709-6), so that what is tested is compared with nothing that it uses itself.
 */
import type { ConvertedFormat, ConverterSide } from '../../src/native/convert';

export type Color = readonly [red: number, green: number, blue: number];

export interface Meaning {
  matrix: 'bt601' | 'bt709' | 'bt2020';
  fullRange: boolean;
}

export const LIMITED_601: Meaning = { matrix: 'bt601', fullRange: false };

type Uncompressed = Exclude<ConvertedFormat, 'MJPEG'>;
type Yuv = readonly [number, number, number];

/** Bytes that pad each row, so that a stride is never a width by chance. */
const PADDING = 32;

interface Shape {
  /** By plane: bytes for a pixel across, and subsampling down. */
  planes: { bytes: number; down: number }[];
}

const SHAPES: Readonly<Record<Uncompressed, Shape>> = {
  XRGB8888: { planes: [{ bytes: 4, down: 1 }] },
  RGB565: { planes: [{ bytes: 2, down: 1 }] },
  YUYV: { planes: [{ bytes: 2, down: 1 }] },
  UYVY: { planes: [{ bytes: 2, down: 1 }] },
  NV12: {
    planes: [
      { bytes: 1, down: 1 },
      { bytes: 1, down: 2 },
    ],
  },
  NV21: {
    planes: [
      { bytes: 1, down: 1 },
      { bytes: 1, down: 2 },
    ],
  },
  YUV420: {
    planes: [
      { bytes: 1, down: 1 },
      { bytes: 0.5, down: 2 },
      { bytes: 0.5, down: 2 },
    ],
  },
};

/** A layout with padded rows and planes that follow each other, without buffers. Even sizes. */
export function pictureSide(
  format: Uncompressed,
  width: number,
  height: number,
): Omit<ConverterSide, 'buffers'> {
  let offset = 0;
  const planes = SHAPES[format].planes.map(({ bytes, down }) => {
    const stride = width * bytes + PADDING;
    const plane = { memory: 0, offset, stride };
    offset += stride * (height / down);
    return plane;
  });
  return { format, width, height, planes, lengths: [offset] };
}

/** Every pixel of a picture, by `color` of its place. */
export function draw(
  side: Omit<ConverterSide, 'buffers'>,
  bytes: Uint8Array,
  color: (x: number, y: number) => Color,
  meaning: Meaning = LIMITED_601,
): void {
  for (let y = 0; y < side.height; y++) {
    for (let x = 0; x < side.width; x++) put(side, bytes, x, y, color(x, y), meaning);
  }
}

export function pixel(
  side: Omit<ConverterSide, 'buffers'>,
  bytes: Uint8Array,
  x: number,
  y: number,
  meaning: Meaning = LIMITED_601,
): Color {
  const { at, is } = addressing(side, x, y);
  const read = (index: number) => bytes[index] ?? 0;
  if (is === 'XRGB8888') return [read(at(0) + 2), read(at(0) + 1), read(at(0))];
  if (is === 'RGB565') {
    const word = read(at(0)) | (read(at(0) + 1) << 8);
    return [(word >> 11) * (255 / 31), ((word >> 5) & 63) * (255 / 63), (word & 31) * (255 / 31)];
  }
  const [luma, cb, cr] = samples(side, x, y);
  return toRgb([read(luma), read(cb), read(cr)], meaning);
}

function put(
  side: Omit<ConverterSide, 'buffers'>,
  bytes: Uint8Array,
  x: number,
  y: number,
  color: Color,
  meaning: Meaning,
): void {
  const { at, is } = addressing(side, x, y);
  if (is === 'XRGB8888') {
    bytes.set([color[2], color[1], color[0], 0], at(0));
    return;
  }
  if (is === 'RGB565') {
    const [red, green, blue] = color;
    const word =
      (Math.round((red * 31) / 255) << 11) |
      (Math.round((green * 63) / 255) << 5) |
      Math.round((blue * 31) / 255);
    bytes.set([word & 255, word >> 8], at(0));
    return;
  }
  const values = toYuv(color, meaning);
  samples(side, x, y).forEach((place, index) => {
    bytes[place] = values[index] ?? 0;
  });
}

function addressing(side: Omit<ConverterSide, 'buffers'>, x: number, y: number) {
  const is = side.format as Uncompressed;
  const shape = SHAPES[is];
  const at = (plane: number): number => {
    const { offset, stride } = side.planes[plane] ?? { offset: 0, stride: 0 };
    const { bytes, down } = shape.planes[plane] ?? { bytes: 1, down: 1 };
    return offset + Math.floor(y / down) * stride + Math.floor(x * bytes);
  };
  return { at, is };
}

/** Where a pixel's Y, Cb and Cr are. */
function samples(side: Omit<ConverterSide, 'buffers'>, x: number, y: number): [number, number, number] {
  const { at, is } = addressing(side, x, y);
  const pair = at(0) - (x % 2) * 2;
  const chroma = side.planes.length > 1 ? at(1) - (x % 2) : 0;
  switch (is) {
    case 'YUYV':
      return [at(0), pair + 1, pair + 3];
    case 'UYVY':
      return [at(0) + 1, pair, pair + 2];
    case 'NV12':
      return [at(0), chroma, chroma + 1];
    case 'NV21':
      return [at(0), chroma + 1, chroma];
    default:
      return [at(0), at(1), at(2)];
  }
}

const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

function toYuv([red, green, blue]: Color, { matrix, fullRange }: Meaning): Yuv {
  const [kr, kb] = WEIGHTS[matrix];
  const y = kr * red + (1 - kr - kb) * green + kb * blue;
  const [cb, cr] = [(blue - y) / (2 * (1 - kb)), (red - y) / (2 * (1 - kr))];
  const [scale, base, chroma] = fullRange ? [1, 0, 1] : [219 / 255, 16, 224 / 255];
  return [clamp(y * scale + base), clamp(cb * chroma + 128), clamp(cr * chroma + 128)];
}

function toRgb([luma, cb, cr]: Yuv, { matrix, fullRange }: Meaning): Color {
  const [kr, kb] = WEIGHTS[matrix];
  const [scale, base, chroma] = fullRange ? [1, 0, 1] : [219 / 255, 16, 224 / 255];
  const y = (luma - base) / scale;
  const red = y + (2 * (1 - kr) * (cr - 128)) / chroma;
  const blue = y + (2 * (1 - kb) * (cb - 128)) / chroma;
  return [clamp(red), clamp((y - kr * red - kb * blue) / (1 - kr - kb)), clamp(blue)];
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** 32x16 pixels of [200, 60, 30], 4:2:0. */
export const JPEG = Buffer.from(
  '/9j/2wBDAA0NDQ0ODQ4QEA4UFhMWFB4bGRkbHi0gIiAiIC1EKjIqKjIqRDxJOzc7STxsVUtLVWx9aWNpfZeHh5e+tb75+f//2wBDAQ0NDQ0ODQ4QEA4UFh' +
    'MWFB4bGRkbHi0gIiAiIC1EKjIqKjIqRDxJOzc7STxsVUtLVWx9aWNpfZeHh5e+tb75+f//wgARCAAQACADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAA' +
    'AAAAAAX/xAAWAQEBAQAAAAAAAAAAAAAAAAAABQb/2gAMAwEAAhADEAAAAJoj6wD/xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAE/AA//xAAUEQEAAA' +
    'AAAAAAAAAAAAAAAAAQ/9oACAECAQE/AD//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAEDAQE/AD//2Q==',
  'base64',
);
export const JPEG_COLOR: Color = [200, 60, 30];

export function mjpegSide(length: number): Omit<ConverterSide, 'buffers'> {
  return {
    format: 'MJPEG',
    width: 32,
    height: 16,
    planes: [{ memory: 0, offset: 0, stride: 0 }],
    lengths: [length],
  };
}
