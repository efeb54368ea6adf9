/** Colours as the standards have them, and vivid's colour bars. Of its own, so that dmaflow's tables are not judged by themselves. */

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];
/** Y, Cb, Cr as stored, 0 to 255. */
export type Ycc = readonly [number, number, number];

/** vivid's first test pattern, left to right (v4l2-tpg-core.c, TPG_PAT_75_COLORBAR). */
export const COLOR_BARS: readonly Rgb[] = [
  [191, 191, 191],
  [191, 191, 0],
  [0, 191, 191],
  [0, 191, 0],
  [191, 0, 191],
  [191, 0, 0],
  [0, 0, 191],
  [0, 0, 0],
];

/** The middle of each bar. */
export function barCenters(width: number): number[] {
  return COLOR_BARS.map((_, bar) => Math.floor(((bar + 0.5) * width) / COLOR_BARS.length));
}

/** ITU-R BT.601, in the limited range that video has (16 to 235, chroma 16 to 240). */
const RED = 0.299;
const BLUE = 0.114;
const GREEN = 1 - RED - BLUE;

export function rgbToYcc([r, g, b]: Rgb): Ycc {
  const luma = RED * r + GREEN * g + BLUE * b;
  const chroma = (difference: number, weight: number) =>
    128 + (224 / 255) * (difference / (2 * (1 - weight)));
  return [
    Math.round(16 + (219 / 255) * luma),
    Math.round(chroma(b - luma, BLUE)),
    Math.round(chroma(r - luma, RED)),
  ];
}

export function yccToRgb([y, cb, cr]: Ycc): Rgb {
  const luma = ((y - 16) * 255) / 219;
  const blue = (((cb - 128) * 255) / 224) * 2 * (1 - BLUE);
  const red = (((cr - 128) * 255) / 224) * 2 * (1 - RED);
  const byte = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return [byte(luma + red), byte(luma - (BLUE * blue + RED * red) / GREEN), byte(luma + blue)];
}

/** The largest difference of a component. */
export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, at) => Math.abs(value - (b[at] ?? 0))));
}
