/**
 * Pixel layouts of the fake devices, kept apart from `src/formats` on purpose: a test that compares what the library
 * computed with what the fake drew must not use the same table on both sides.
 */

/** [red, green, blue], 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Where a colour plane is: `bytes` from its first byte on, `stride` bytes a row. */
export interface PlaneBytes {
  bytes: Uint8Array;
  stride: number;
}

export interface PixelLayout {
  /** By colour plane: bytes for `hsub` pixels, rows shared by `vsub` lines. */
  planes: readonly { bytes: number; hsub: number; vsub: number }[];
  /** Each colour plane is a memory plane of its own (V4L2 NV12M). */
  separate: boolean;
  put(planes: readonly PlaneBytes[], x: number, y: number, color: Rgb): void;
  get(planes: readonly PlaneBytes[], x: number, y: number): Rgb;
}

/** A fourcc as the kernel's uint32: `fourcc('XR24')`. */
export function fourcc(name: string): number {
  return Buffer.from(name.padEnd(4), 'latin1').readUInt32LE(0);
}

/** `XR24` for 0x34325258. */
export function fourccName(code: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(code >>> 0);
  return bytes.toString('latin1').trimEnd();
}

/** Packed 8-bit components at the given byte offsets. */
function packed(bytes: number, red: number, green: number, blue: number, fill?: number): PixelLayout {
  return {
    planes: [{ bytes, hsub: 1, vsub: 1 }],
    separate: false,
    put([plane], x, y, color) {
      if (!plane) return;
      const at = y * plane.stride + x * bytes;
      plane.bytes[at + red] = color[0];
      plane.bytes[at + green] = color[1];
      plane.bytes[at + blue] = color[2];
      if (fill !== undefined) plane.bytes[at + fill] = 0xff;
    },
    get([plane], x, y) {
      if (!plane) return [0, 0, 0];
      const at = y * plane.stride + x * bytes;
      return [plane.bytes[at + red] ?? 0, plane.bytes[at + green] ?? 0, plane.bytes[at + blue] ?? 0];
    },
  };
}

const rgb565: PixelLayout = {
  planes: [{ bytes: 2, hsub: 1, vsub: 1 }],
  separate: false,
  put([plane], x, y, [red, green, blue]) {
    if (!plane) return;
    const value = ((red >> 3) << 11) | ((green >> 2) << 5) | (blue >> 3);
    plane.bytes[y * plane.stride + x * 2] = value & 0xff;
    plane.bytes[y * plane.stride + x * 2 + 1] = value >> 8;
  },
  get([plane], x, y) {
    if (!plane) return [0, 0, 0];
    const at = y * plane.stride + x * 2;
    const value = (plane.bytes[at] ?? 0) | ((plane.bytes[at + 1] ?? 0) << 8);
    const [red, green, blue] = [value >> 11, (value >> 5) & 0x3f, value & 0x1f];
    return [(red << 3) | (red >> 2), (green << 2) | (green >> 4), (blue << 3) | (blue >> 2)];
  },
};

/**
 * @param vsub lines that share a row of chroma: 2 for NV12, 1 for NV16.
 * @param first which of Cb and Cr comes first: 1 for NV21.
 */
function semiPlanar(separate: boolean, vsub = 2, first: 0 | 1 = 0): PixelLayout {
  return {
    planes: [
      { bytes: 1, hsub: 1, vsub: 1 },
      { bytes: 2, hsub: 2, vsub },
    ],
    separate,
    put([luma, chroma], x, y, color) {
      if (!luma || !chroma) return;
      const [lightness, cb, cr] = toYuv(color);
      luma.bytes[y * luma.stride + x] = lightness;
      if (x % 2 !== 0 || y % vsub !== 0) return;
      chroma.bytes[(y / vsub) * chroma.stride + x + first] = cb;
      chroma.bytes[(y / vsub) * chroma.stride + x + 1 - first] = cr;
    },
    get([luma, chroma], x, y) {
      if (!luma || !chroma) return [0, 0, 0];
      const at = Math.floor(y / vsub) * chroma.stride + (x & ~1);
      const { bytes } = chroma;
      return toRgb(luma.bytes[y * luma.stride + x] ?? 0, bytes[at + first] ?? 0, bytes[at + 1 - first] ?? 0);
    },
  };
}

/** @param luma where the first luma byte is: 0 for YUYV, 1 for UYVY. */
function packed422(luma: 0 | 1): PixelLayout {
  const chroma = 1 - luma;
  return {
    planes: [{ bytes: 4, hsub: 2, vsub: 1 }],
    separate: false,
    put([plane], x, y, color) {
      if (!plane) return;
      const [lightness, cb, cr] = toYuv(color);
      const at = y * plane.stride + (x >> 1) * 4;
      plane.bytes[at + luma + (x & 1) * 2] = lightness;
      if (x & 1) return;
      plane.bytes[at + chroma] = cb;
      plane.bytes[at + chroma + 2] = cr;
    },
    get([plane], x, y) {
      if (!plane) return [0, 0, 0];
      const at = y * plane.stride + (x >> 1) * 4;
      const { bytes } = plane;
      const lightness = bytes[at + luma + (x & 1) * 2] ?? 0;
      return toRgb(lightness, bytes[at + chroma] ?? 0, bytes[at + chroma + 2] ?? 0);
    },
  };
}

const planar420: PixelLayout = {
  planes: [
    { bytes: 1, hsub: 1, vsub: 1 },
    { bytes: 1, hsub: 2, vsub: 2 },
    { bytes: 1, hsub: 2, vsub: 2 },
  ],
  separate: false,
  put([luma, first, second], x, y, color) {
    if (!luma || !first || !second) return;
    const [lightness, cb, cr] = toYuv(color);
    luma.bytes[y * luma.stride + x] = lightness;
    if (x & 1 || y & 1) return;
    first.bytes[(y >> 1) * first.stride + (x >> 1)] = cb;
    second.bytes[(y >> 1) * second.stride + (x >> 1)] = cr;
  },
  get([luma, first, second], x, y) {
    if (!luma || !first || !second) return [0, 0, 0];
    const cb = first.bytes[(y >> 1) * first.stride + (x >> 1)] ?? 0;
    const cr = second.bytes[(y >> 1) * second.stride + (x >> 1)] ?? 0;
    return toRgb(luma.bytes[y * luma.stride + x] ?? 0, cb, cr);
  },
};

/** By fourcc name; DRM's and V4L2's names for one layout both, where they differ. */
const layouts: Readonly<Record<string, PixelLayout>> = {
  XR24: packed(4, 2, 1, 0, 3),
  AR24: packed(4, 2, 1, 0, 3),
  XB24: packed(4, 0, 1, 2, 3),
  AB24: packed(4, 0, 1, 2, 3),
  RG24: packed(3, 2, 1, 0),
  BG24: packed(3, 0, 1, 2),
  BGR3: packed(3, 2, 1, 0),
  RGB3: packed(3, 0, 1, 2),
  RG16: rgb565,
  RGBP: rgb565,
  NV12: semiPlanar(false),
  NM12: semiPlanar(true),
  NV16: semiPlanar(false, 1),
  NM16: semiPlanar(true, 1),
  NV21: semiPlanar(false, 2, 1),
  YUYV: packed422(0),
  UYVY: packed422(1),
  YU12: planar420,
};

export function pixelLayout(code: number): PixelLayout | undefined {
  return layouts[fourccName(code)];
}

/** Bytes of a row of a colour plane without padding, and its rows. */
export function planeSize(
  layout: PixelLayout,
  plane: number,
  width: number,
  height: number,
): [number, number] {
  const { bytes, hsub, vsub } = layout.planes[plane] ?? { bytes: 0, hsub: 1, vsub: 1 };
  return [Math.ceil(width / hsub) * bytes, Math.ceil(height / vsub)];
}

/** BT.601, limited range, in integers. */
function toYuv([red, green, blue]: Rgb): Rgb {
  return [
    ((66 * red + 129 * green + 25 * blue + 128) >> 8) + 16,
    ((-38 * red - 74 * green + 112 * blue + 128) >> 8) + 128,
    ((112 * red - 94 * green - 18 * blue + 128) >> 8) + 128,
  ];
}

function toRgb(lightness: number, cb: number, cr: number): Rgb {
  const base = 298 * (lightness - 16) + 128;
  return [
    clamp((base + 409 * (cr - 128)) >> 8),
    clamp((base - 100 * (cb - 128) - 208 * (cr - 128)) >> 8),
    clamp((base + 516 * (cb - 128)) >> 8),
  ];
}

function clamp(value: number): number {
  return Math.min(255, Math.max(0, value));
}
