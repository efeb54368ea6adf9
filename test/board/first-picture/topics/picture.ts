/** What the display shows, read back through its writeback connector, is what the camera captured. */
import type { Frame, Screenshot } from 'dmaflow';
import { distance, yccToRgb } from '../../../support/board/colors';
import { multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { withLastFrame } from '../../../support/board/last-frame';
import { differentPixels, expectColorBars, rgbAt } from '../../../support/board/screen';

describe('the picture on the display', () => {
  it('is the captured one in every colour byte (XRGB8888, 1280x720)', async () => {
    const request = { device: singlePlanarCamera(), width: 1280, height: 720, format: 'XRGB8888' as const };
    await withLastFrame(request, ({ frame, screen, framebuffer }) => {
      expect(framebuffer).toMatchObject({ fourcc: 'XR24', imported: [true] });
      expect(screen).toMatchObject({ width: 1280, height: 720, format: 'XRGB8888' });
      expectColorBars(screen, { left: 0, top: 0, width: 1280, height: 720 });
      expect(differentPixels(frame, screen)).toBe(0);
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
