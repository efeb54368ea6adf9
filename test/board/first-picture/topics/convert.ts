/** convert() between the camera and the display: what the screen shows is the camera's picture, in other pixels. */
import { type ConvertOptions, convert, kmsSink, Pipeline, type PixelFormatName, v4l2Source } from 'dmaflow';
import { barCenters, COLOR_BARS, distance } from '../../../support/board/colors';
import { singlePlanarCamera } from '../../../support/board/devices';
import { rgbAt } from '../../../support/board/screen';

const WIDTH = 640;
const HEIGHT = 480;
/** Of a component: libyuv and vivid round apart, and RGB565 has 5 bits. */
const TOLERANCE = 10;

describe('a converted picture', () => {
  it.each<[PixelFormatName, ConvertOptions]>([
    ['NV12', { format: 'XRGB8888' }],
    ['YUYV', { format: 'XRGB8888', rotate: 180 }],
    ['XRGB8888', { format: 'RGB565' }],
  ])('of %s is on the screen: %j', async (format, options) => {
    await using pipeline = new Pipeline(
      { atEnd: 'hold' },
      v4l2Source({ device: singlePlanarCamera(), width: WIDTH, height: HEIGHT, fps: 10, frames: 4, format }),
      convert({ ...options, policy: 'every', max: 2 }),
      kmsSink({ card: 'vkms', writeback: true }),
    );
    await pipeline.start();
    await pipeline.ended;
    const screen = await pipeline.screenshot();
    const { stages, links } = pipeline.stats();
    const turned = options.rotate === 180;
    // Below the text of the pattern.
    const row = turned ? 4 : HEIGHT - 4;
    const seen = barCenters(WIDTH).map((x) => rgbAt(screen, turned ? WIDTH - 1 - x : x, row));
    seen.forEach((color, bar) => {
      expect(distance(color, COLOR_BARS[bar] ?? [])).toBeLessThanOrEqual(TOLERANCE);
    });
    const made = stages.find(({ name }) => name === 'convert')?.frames ?? 0;
    expect(made).toBeGreaterThan(0);
    // START and END on both buffers of each frame.
    expect(links.find(({ to }) => to === 'convert')).toMatchObject({ copies: made, syncCalls: 4 * made });
    const heaps = [...pipeline.explain().matchAll(/default_cma_region/g)];
    expect(heaps.length).toBeGreaterThan(1);
  });
});
