/** What the display shows, read back through its writeback connector, is what the camera captured. */
import type { Frame, Screenshot } from 'dmaflow';
import { barCenters, COLOR_BARS, distance, type Rgb, yccToRgb } from '../../../support/board/colors';
import { multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { withLastFrame } from '../../../support/board/last-frame';

describe('the picture on the display', () => {
  it('is the captured one in every colour byte (XRGB8888, 1280x720)', async () => {
    const request = { device: singlePlanarCamera(), width: 1280, height: 720, format: 'XRGB8888' as const };
    await withLastFrame(request, ({ frame, screen, framebuffer }) => {
      expect(framebuffer).toMatchObject({ fourcc: 'XR24', imported: [true] });
      expect(screen).toMatchObject({ width: 1280, height: 720, format: 'XRGB8888' });
      expectColorBars(screen, { left: 0, top: 0, width: 1280, height: 720 });
      using pixels = frame.cpuAccess('read');
      const [plane] = pixels.planes;
      const captured = new Uint32Array(plane?.data.slice().buffer ?? new ArrayBuffer(0));
      const shown = new Uint32Array(screen.data.slice().buffer);
      expect(differentPixels(captured, (plane?.stride ?? 0) >> 2, shown, screen.stride >> 2)).toBe(0);
    });
  });

  it.each([
    ['a single-planar camera', singlePlanarCamera],
    ['a multi-planar camera', multiPlanarCamera],
  ])('is the captured one, converted (NV12 in one dma-buf, 320x180), of %s', async (_, camera) => {
    const request = { device: camera(), width: 320, height: 180, format: 'NV12' as const };
    await withLastFrame(request, ({ frame, screen, framebuffer }) => {
      expect(framebuffer).toMatchObject({
        fourcc: 'NV12',
        size: '320x180',
        imported: [true, true],
        encoding: 'ITU-R BT.601 YCbCr',
        range: 'YCbCr limited range',
      });
      expect(frame.buffers).toHaveLength(1);
      const left = (screen.width - 320) / 2;
      const top = (screen.height - 180) / 2;
      expectColorBars(screen, { left, top, width: 320, height: 180 });
      expect(largestDifference(frame, screen, left, top)).toBeLessThanOrEqual(1);
      expect(rgbAt(screen, left - 1, top)).toEqual([0, 0, 0]);
      expect(rgbAt(screen, left + 320, top + 179)).toEqual([0, 0, 0]);
    });
  });
});

function differentPixels(a: Uint32Array, strideA: number, b: Uint32Array, strideB: number): number {
  let different = 0;
  for (let y = 0; y < 720; y++) {
    for (let x = 0; x < 1280; x++) {
      if ((((a[y * strideA + x] ?? 0) ^ (b[y * strideB + x] ?? -1)) & 0xffffff) !== 0) different++;
    }
  }
  return different;
}

/** Of any pixel's component, between the screen and the frame as this test converts it. */
function largestDifference(frame: Frame, screen: Screenshot, left: number, top: number): number {
  using pixels = frame.cpuAccess('read');
  const [luma, chroma] = pixels.planes;
  if (!luma || !chroma) throw new Error('NV12 has two planes');
  let largest = 0;
  for (let y = 0; y < 180; y++) {
    for (let x = 0; x < 320; x++) {
      const at = (y >> 1) * chroma.stride + (x & ~1);
      const ycc = [
        luma.data[y * luma.stride + x] ?? 0,
        chroma.data[at] ?? 0,
        chroma.data[at + 1] ?? 0,
      ] as const;
      const difference = distance(yccToRgb(ycc), rgbAt(screen, left + x, top + y));
      if (difference > largest) largest = difference;
    }
  }
  return largest;
}

/** So that a picture of nothing is not taken for one: below the text, the bars have the pattern's colours. */
function expectColorBars(
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
function rgbAt({ data, stride }: Screenshot, x: number, y: number): Rgb {
  const at = y * stride + x * 4;
  return [data[at + 2] ?? 0, data[at + 1] ?? 0, data[at] ?? 0];
}
