import type { ConvertedFormat, ConverterSide } from '../../../src/native/convert';
import { overKernel, overLoops, refusal, thrownBy, until } from '../bench';
import { ConverterBench, type ConverterOptions } from '../converter-bench';
import {
  type Color,
  draw,
  JPEG,
  JPEG_COLOR,
  LIMITED_601,
  type Meaning,
  mjpegSide,
  pictureSide,
  pixel,
} from '../pictures';

const MADE = ['XRGB8888', 'RGB565', 'NV12', 'NV21', 'YUYV', 'UYVY', 'YUV420'] as const;
const COLORS: readonly Color[] = [
  [235, 40, 30],
  [40, 200, 60],
  [50, 60, 220],
  [240, 240, 240],
  [20, 20, 20],
  [220, 210, 40],
];
/** Each side of a block of one colour: three across, two down. */
const BLOCK = 16;
const WIDTH = 3 * BLOCK;
const HEIGHT = 2 * BLOCK;

const block = (x: number, y: number): Color =>
  COLORS[Math.floor(y / BLOCK) * 3 + Math.floor(x / BLOCK)] ?? [0, 0, 0];

/** Far enough apart that a wrong matrix, order of bytes or place is seen; near enough for 5 bits. */
function expectColor(actual: Color, expected: Color, tolerance: number, where: string): void {
  const distance = Math.max(...actual.map((value, index) => Math.abs(value - (expected[index] ?? 0))));
  if (distance > tolerance) throw new Error(`${where}: ${actual.join(' ')} is not ${expected.join(' ')}`);
}

overLoops((kernel, name) => {
  describe('a converter', () => {
    const benches: ConverterBench[] = [];
    const make = async (...args: Parameters<typeof makeBench>) => {
      const bench = makeBench(...args);
      benches.push(bench);
      await bench.start();
      return bench;
    };
    const makeBench = (
      from: Omit<ConverterSide, 'buffers'>,
      to: Omit<ConverterSide, 'buffers'>,
      options: ConverterOptions = {},
    ) => new ConverterBench(kernel(), from, to, options);
    afterEach(async () => {
      for (const bench of benches.splice(0)) await bench.close();
    });
    const paint = (side: Omit<ConverterSide, 'buffers'>, meaning?: Meaning) => (bytes: Uint8Array) =>
      draw(side, bytes, block, meaning) as undefined;
    const toleranceOf = (...formats: ConvertedFormat[]) => (formats.includes('RGB565') ? 9 : 4);

    it.each(MADE.flatMap((from) => MADE.map((to) => [from, to] as const)))(
      'makes %s into %s',
      async (from, to) => {
        const [source, target] = [pictureSide(from, WIDTH, HEIGHT), pictureSide(to, WIDTH, HEIGHT)];
        const bench = await make(source, target);
        await bench.put(7, paint(source));
        const { frame, bytes } = await bench.take();
        expect(frame).toMatchObject({ sequence: 7, timestamp: 7000, bytesUsed: target.lengths });
        for (let y = BLOCK / 2; y < HEIGHT; y += BLOCK) {
          for (let x = BLOCK / 2; x < WIDTH; x += BLOCK) {
            expectColor(pixel(target, bytes, x, y), block(x, y), toleranceOf(from, to), `${x},${y}`);
          }
        }
        expect(bench.counts()).toMatchObject({
          converted: 1,
          damaged: 0,
          bytesRead: source.lengths[0],
          bytesWritten: target.lengths[0],
          // Pages of a memfd are no dma-buf.
          syncCalls: 0,
        });
      },
    );

    // Of blocks 16 pixels wide: what comes to be in the middle of the target's own blocks.
    it.each<[ConverterOptions['rotate'], readonly (readonly number[])[]]>([
      [
        0,
        [
          [0, 1, 2],
          [3, 4, 5],
        ],
      ],
      [
        90,
        [
          [3, 0],
          [4, 1],
          [5, 2],
        ],
      ],
      [
        180,
        [
          [5, 4, 3],
          [2, 1, 0],
        ],
      ],
      [
        270,
        [
          [2, 5],
          [1, 4],
          [0, 3],
        ],
      ],
    ])('turns by %s degrees clockwise, and scales', async (rotate = 0, places) => {
      for (const [from, to] of [
        ['NV12', 'XRGB8888'],
        ['XRGB8888', 'NV21'],
        ['YUYV', 'YUV420'],
        ['XRGB8888', 'XRGB8888'],
        ['YUV420', 'YUV420'],
      ] as const) {
        const source = pictureSide(from, WIDTH, HEIGHT);
        const target = pictureSide(to, (places[0]?.length ?? 0) * 2 * BLOCK, places.length * 2 * BLOCK);
        const bench = await make(source, target, { rotate });
        await bench.put(0, paint(source));
        const { bytes } = await bench.take();
        places.forEach((row, down) => {
          row.forEach((place, across) => {
            const [x, y] = [(2 * across + 1) * BLOCK, (2 * down + 1) * BLOCK];
            expectColor(
              pixel(target, bytes, x, y),
              COLORS[place] ?? [0, 0, 0],
              4,
              `${from} ${across},${down}`,
            );
          });
        });
      }
    });

    it('ends its stream when that of its input ends, with every frame made', async () => {
      const side = pictureSide('XRGB8888', WIDTH, HEIGHT);
      const bench = await make(side, side);
      await bench.put(0, paint(side));
      bench.loop.endPool(bench.input);
      bench.release(await bench.next());
      await until(() => bench.ends || undefined);
      expect(bench.counts().converted).toBe(1);
    });

    it('waits for a free buffer, and skips what comes meanwhile; the input never starves', async () => {
      const side = pictureSide('XRGB8888', WIDTH, HEIGHT);
      const bench = await make(side, side, { inputs: 3, outputs: 1 });
      await bench.put(0, paint(side));
      const held = await bench.next();
      for (let sequence = 1; sequence <= 8; sequence++) await bench.put(sequence, paint(side));
      expect(bench.counts().converted).toBe(1);
      bench.release(held);
      const sequences: number[] = [];
      for (let count = 0; count < 2; count++) sequences.push((await bench.take()).frame.sequence);
      // The one that waited for a buffer, and the newest.
      expect(sequences).toEqual([1, 8]);
      expect(bench.loop.stats().taps[bench.inputTap]?.skipped).toBe(6);
    });

    it('stops while it waits for a buffer, once and for all', async () => {
      const side = pictureSide('XRGB8888', WIDTH, HEIGHT);
      const bench = await make(side, side, { outputs: 1 });
      await bench.put(0, paint(side));
      await bench.next();
      await bench.put(1, paint(side));
      await Promise.all([bench.converter.stop(), bench.converter.stop()]);
      expect(bench.counts().converted).toBe(1);
      const again = () =>
        bench.converter.start(bench.loop.taker(bench.inputTap), bench.loop.filler(bench.output));
      expect(thrownBy(again)).toHaveProperty('name', 'InvalidStateError');
    });

    it('touches nothing outside its buffers', () => {
      const side = pictureSide('NV12', WIDTH, HEIGHT);
      const short = { ...side, lengths: [(side.lengths[0] ?? 0) - 64] };
      expect(thrownBy(() => makeBench(short, side))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => makeBench(side, short))).toBeInstanceOf(RangeError);
    });

    if (name === 'fake') return;

    it.each<Meaning>([
      { matrix: 'bt601', fullRange: true },
      { matrix: 'bt709', fullRange: false },
      { matrix: 'bt709', fullRange: true },
      { matrix: 'bt2020', fullRange: false },
    ])("reads Y'CbCr as $matrix, full range $fullRange", async (meaning) => {
      for (const from of ['NV12', 'NV21', 'YUYV', 'UYVY', 'YUV420'] as const) {
        const [source, target] = [pictureSide(from, WIDTH, HEIGHT), pictureSide('XRGB8888', WIDTH, HEIGHT)];
        const bench = await make(source, target, meaning);
        await bench.put(0, paint(source, meaning));
        const { bytes } = await bench.take();
        for (let x = BLOCK / 2; x < WIDTH; x += BLOCK) {
          // libyuv has 6 bits for a coefficient, and none above 2: BT.709 has 2.11, BT.2020 2.14 for blue.
          expectColor(pixel(target, bytes, x, 8), block(x, 8), 11, `${from} ${x}`);
        }
      }
    });

    it('decodes JPEGs, and skips damaged ones', async () => {
      const target = pictureSide('XRGB8888', 32, 16);
      const source = mjpegSide(4096);
      const bench = await make(source, target, { fullRange: true });
      const write = (jpeg: Uint8Array) => (bytes: Uint8Array) => {
        bytes.fill(0);
        bytes.set(jpeg);
        return jpeg.length;
      };
      const noise = Uint8Array.from({ length: 300 }, (_, index) => (index * 151 + 7) & 255);
      const truncated = JPEG.subarray(0, 150);
      const headless = JPEG.subarray(20);
      const bombs = [new Uint8Array(0), noise, truncated, headless, Buffer.concat([truncated, noise])];
      for (const [sequence, bomb] of bombs.entries()) {
        await bench.put(sequence, write(bomb));
        await until(() => bench.counts().damaged === sequence + 1 || undefined);
      }
      await bench.put(9, write(JPEG));
      const { frame, bytes } = await bench.take();
      expect(frame.sequence).toBe(9);
      expectColor(pixel(target, bytes, 16, 8, LIMITED_601), JPEG_COLOR, 6, 'decoded');
      expect(bench.counts()).toMatchObject({ converted: 1, damaged: bombs.length });
      expect(bench.errors).toEqual([]);
    });
  });
});

overKernel((session) => {
  describe('a converter between dma-bufs', () => {
    it('brackets its accesses: START and END on both, for each frame', async () => {
      const { kernel, bench: board } = session();
      const side = pictureSide('XRGB8888', WIDTH, HEIGHT);
      const bench = new ConverterBench(kernel, side, pictureSide('NV12', WIDTH, HEIGHT), {
        allocate: (length) => session().alloc(board.systemHeap, length),
      });
      await bench.start();
      for (let sequence = 0; sequence < 3; sequence++) {
        await bench.put(sequence, (bytes) => draw(side, bytes, block) as undefined);
        await bench.take();
      }
      expect(bench.counts()).toMatchObject({ converted: 3, syncCalls: 12 });
      await bench.close();
    });

    it('says which request was refused, and makes no more frames', async () => {
      const { kernel, bench: board } = session();
      if (!board.fake) return;
      const side = pictureSide('XRGB8888', WIDTH, HEIGHT);
      const bench = new ConverterBench(kernel, side, side, {
        allocate: (length) => session().alloc(board.systemHeap, length),
      });
      await bench.start();
      board.fake.kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
      await bench.put(0, () => undefined);
      const error = await until(() => bench.errors[0]);
      expect(error).toEqual(refusal('DMA_BUF_IOCTL_SYNC', 'EIO'));
      await bench.close();
    });
  });
});
