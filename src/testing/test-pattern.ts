import { type PixelLayout, type PlaneBytes, planeSize, type Rgb } from './pixels';

const BARS: readonly Rgb[] = [
  [255, 255, 255],
  [255, 255, 0],
  [0, 255, 255],
  [0, 255, 0],
  [255, 0, 255],
  [255, 0, 0],
  [0, 0, 255],
  [0, 0, 0],
];

/**
 * The colour a fake camera draws at a pixel of a frame: eight bars that move on by one each frame, in the other order
 * in the lower half. So a wrong stride, offset, frame or an upside-down picture shows.
 */
export function patternColor(x: number, y: number, width: number, height: number, sequence: number): Rgb {
  const bar = (Math.floor((x * BARS.length) / width) + sequence) % BARS.length;
  return BARS[isLower(y, height) ? BARS.length - 1 - bar : bar] ?? [0, 0, 0];
}

/** Draws the pattern of frame `sequence`: one row of each half with colours, the rest as copies. */
export function drawPattern(
  layout: PixelLayout,
  planes: readonly PlaneBytes[],
  width: number,
  height: number,
  sequence: number,
): void {
  for (const lower of [false, true]) {
    const y = lower ? height - 1 : 0;
    const block = layout.planes.map((_, plane) => {
      const [stride] = planeSize(layout, plane, width, 1);
      return { bytes: new Uint8Array(stride), stride };
    });
    for (let x = 0; x < width; x++) layout.put(block, x, 0, patternColor(x, y, width, height, sequence));
    for (const [index, { vsub }] of layout.planes.entries()) {
      const target = planes[index];
      const row = block[index]?.bytes;
      if (!target || !row) continue;
      const [, rows] = planeSize(layout, index, width, height);
      for (let line = 0; line < rows; line++) {
        if (isLower(line * vsub, height) === lower) target.bytes.set(row, line * target.stride);
      }
    }
  }
}

/** The halves meet at an even line, so that a chroma sample belongs to one of them. */
function isLower(y: number, height: number): boolean {
  return y >= Math.floor(height / 4) * 2;
}
