/** vivid's NV16M begins 128 bytes into its first memory plane, and says so only of a buffer that was queued. */
import { barCenters, COLOR_BARS, distance, rgbToYcc, type Ycc } from '../../../support/board/colors';
import { multiPlanarCamera } from '../../../support/board/devices';
import { withLastFrame } from '../../../support/board/last-frame';

const WIDTH = 640;
const HEIGHT = 480;

export function dataOffsets(): void {
  // Not compared on the screen: vkms composes every plane from the first memory plane (packed_pixels_addr).
  it('is where the planes begin for the CPU, and for the display', async () => {
    const request = {
      device: multiPlanarCamera(),
      width: WIDTH,
      height: HEIGHT,
      format: 'NV16' as const,
      arrangement: 'separate-buffers' as const,
    };
    await withLastFrame(request, ({ frame, framebuffer }) => {
      expect(framebuffer).toMatchObject({ fourcc: 'NV16', imported: [true, true], offsets: [128, 0] });
      expect(frame.planes.map(({ offset }) => offset)).toEqual([128, 0]);
      using pixels = frame.cpuAccess('read');
      const [luma, chroma] = pixels.planes;
      if (!luma || !chroma) throw new Error('NV16 has two planes');
      const row = HEIGHT - 4;
      const bars = barCenters(WIDTH).map((x): Ycc => {
        const at = row * chroma.stride + (x & ~1);
        return [luma.data[row * luma.stride + x] ?? 0, chroma.data[at] ?? 0, chroma.data[at + 1] ?? 0];
      });
      const wanted = COLOR_BARS.map(rgbToYcc);
      expect(Math.max(...bars.map((color, bar) => distance(color, wanted[bar] ?? [])))).toBeLessThanOrEqual(
        2,
      );
    });
  });
}
