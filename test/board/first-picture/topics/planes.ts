/** NV12M: a frame of two memory planes, each a dma-buf of its own. */
import { cpuStage, kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { barCenters, COLOR_BARS, distance, rgbToYcc, type Ycc } from '../../../support/board/colors';
import { cardOf, multiPlanarCamera } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { shownFramebuffers } from '../../../support/board/drm-state';

const WIDTH = 320;
const HEIGHT = 180;

describe('a frame of two dma-bufs (NV12M)', () => {
  it('is read plane by plane, and AddFB2 takes it', async () => {
    const bars: Ycc[] = [];
    const geometry: number[][] = [];
    let inodes: number[] = [];
    let ofSystem: number[] = [];
    const read = cpuStage({ access: 'read' }, ({ frame }) => {
      if (bars.length > 0) return;
      ofSystem = allDmaBufs().map(({ inode }) => inode);
      inodes = frame.buffers.map(({ inode }) => inode);
      using pixels = frame.cpuAccess();
      const [luma, chroma] = pixels.planes;
      if (!luma || !chroma) throw new Error(`expected two planes, got ${pixels.planes.length}`);
      for (const plane of [luma, chroma]) geometry.push([plane.width, plane.height, plane.bytesPerSample]);
      const row = HEIGHT - 4;
      for (const x of barCenters(WIDTH)) {
        const at = (row >> 1) * chroma.stride + (x & ~1);
        bars.push([luma.data[row * luma.stride + x] ?? 0, chroma.data[at] ?? 0, chroma.data[at + 1] ?? 0]);
      }
    });
    await using pipeline = new Pipeline(
      { atEnd: 'hold' },
      v4l2Source({
        device: multiPlanarCamera(),
        width: WIDTH,
        height: HEIGHT,
        fps: 10,
        frames: 4,
        format: 'NV12',
        arrangement: 'separate-buffers',
      }),
      read,
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    await pipeline.ended;

    expect(new Set(inodes).size).toBe(2);
    expect(ofSystem).toEqual(expect.arrayContaining(inodes));
    expect(geometry).toEqual([
      [WIDTH, HEIGHT, 1],
      [WIDTH / 2, HEIGHT / 2, 2],
    ]);
    const wanted = COLOR_BARS.map(rgbToYcc);
    expect(bars).toHaveLength(wanted.length);
    expect(Math.max(...bars.map((color, bar) => distance(color, wanted[bar] ?? [])))).toBeLessThanOrEqual(2);
    expect(pipeline.stats()).toMatchObject({ lost: 0 });
    expect(pipeline.stats().shown).toBeGreaterThanOrEqual(1);
    expect(shownFramebuffers(cardOf('vkms'))).toEqual([
      expect.objectContaining({ fourcc: 'NV12', size: `${WIDTH}x${HEIGHT}`, imported: [true, true] }),
    ]);
  });
});
