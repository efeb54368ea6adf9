/** What a screenshot shows, pixel by pixel. */
import type { Frame, Screenshot } from 'dmaflow';
import { barCenters, COLOR_BARS, distance, type Rgb } from './colors';

/** Pixels of an XRGB8888 frame that the screen, of the same size, shows in another colour. */
export function differentPixels(frame: Frame, screen: Screenshot): number {
  using pixels = frame.cpuAccess('read');
  const [plane] = pixels.planes;
  if (!plane) throw new Error('the frame has no planes');
  const captured = new Uint32Array(plane.data.slice().buffer);
  const shown = new Uint32Array(screen.data.slice().buffer);
  const [captureRow, screenRow] = [plane.stride >> 2, screen.stride >> 2];
  let different = 0;
  for (let y = 0; y < frame.codedHeight; y++) {
    for (let x = 0; x < frame.codedWidth; x++) {
      const change = (captured[y * captureRow + x] ?? 0) ^ (shown[y * screenRow + x] ?? -1);
      if ((change & 0xffffff) !== 0) different++;
    }
  }
  return different;
}

/** So that a picture of nothing is not taken for one: below the text, the bars have the pattern's colours. */
export function expectColorBars(
  screen: Screenshot,
  at: { left: number; top: number; width: number; height: number },
): void {
  const row = at.top + at.height - 4;
  const seen = barCenters(at.width).map((x) => rgbAt(screen, at.left + x, row));
  seen.forEach((color, bar) => {
    expect(distance(color, COLOR_BARS[bar] ?? [])).toBeLessThanOrEqual(3);
  });
}

/** XRGB8888 lies in memory as B, G, R, X. */
export function rgbAt({ data, stride }: Screenshot, x: number, y: number): Rgb {
  const at = y * stride + x * 4;
  return [data[at + 2] ?? 0, data[at + 1] ?? 0, data[at] ?? 0];
}
