import { pixelFormat } from '../../../src/formats/pixel-formats';
import { alignedStride, minimumStride, planeLayout } from '../../../src/formats/plane-layout';

describe('planeLayout', () => {
  it('lays XRGB8888 out in one plane', () => {
    expect(planeLayout(pixelFormat('XRGB8888'), { width: 1280, height: 720 })).toEqual({
      planes: [{ memory: 0, offset: 0, stride: 5120, rows: 720, length: 3686400 }],
      memoryLengths: [3686400],
      size: 3686400,
    });
  });

  it('lays NV12 out in one memory plane: chroma follows luma at once, with the same stride', () => {
    expect(planeLayout(pixelFormat('NV12'), { width: 640, height: 480, bytesPerLine: 704 })).toEqual({
      planes: [
        { memory: 0, offset: 0, stride: 704, rows: 480, length: 337920 },
        { memory: 0, offset: 337920, stride: 704, rows: 240, length: 168960 },
      ],
      memoryLengths: [506880],
      size: 506880,
    });
  });

  // pixfmt-yuv-planar.rst: the padding pixels of the chroma lines are those of the luma lines.
  it.each([
    ['NV16', 704, 704, 480],
    ['NV24', 704, 1408, 480],
    ['YUV420', 704, 352, 240],
    ['YUV422', 704, 352, 480],
    ['YUV444', 704, 704, 480],
    ['P010', 1408, 1408, 240],
  ])(
    'derives the chroma stride of %s from a luma stride of %i: %i bytes, %i rows',
    (name, luma, chroma, rows) => {
      const { planes } = planeLayout(pixelFormat(name), { width: 640, height: 480, bytesPerLine: luma });
      expect(planes.map(({ stride }) => stride)).toEqual([luma, ...planes.slice(1).map(() => chroma)]);
      expect(planes[1]?.rows).toBe(rows);
      expect(planes[1]?.offset).toBe(luma * 480);
    },
  );

  it('lays NV12M out in two memory planes, each with its own stride', () => {
    const layout = planeLayout(pixelFormat('NV12'), {
      width: 640,
      height: 480,
      memoryPlanes: 2,
      bytesPerLine: [640, 704],
    });
    expect(layout).toEqual({
      planes: [
        { memory: 0, offset: 0, stride: 640, rows: 480, length: 307200 },
        { memory: 1, offset: 0, stride: 704, rows: 240, length: 168960 },
      ],
      memoryLengths: [307200, 168960],
      size: 476160,
    });
  });

  it('takes strides of colour planes as they are, where given', () => {
    const { planes } = planeLayout(pixelFormat('YUV420'), {
      width: 640,
      height: 480,
      strides: [640, 384, 320],
    });
    expect(planes.map(({ stride, offset }) => [stride, offset])).toEqual([
      [640, 0],
      [384, 307200],
      [320, 307200 + 384 * 240],
    ]);
  });

  it("starts after each memory plane's data offset, and counts it", () => {
    const request = { width: 640, height: 480, memoryPlanes: 2, dataOffset: [128, 0] };
    const { planes, memoryLengths } = planeLayout(pixelFormat('NV16'), request);
    expect(planes.map(({ offset }) => offset)).toEqual([128, 0]);
    expect(memoryLengths).toEqual([128 + 307200, 307200]);
  });

  it('rounds odd sizes up, as the kernel does', () => {
    const { planes } = planeLayout(pixelFormat('NV12'), { width: 641, height: 481, strides: [648, 648] });
    expect(planes[1]).toMatchObject({ rows: 241 });
    const [luma, blue] = pixelFormat('YUV420').planes;
    expect([luma && minimumStride(luma, 641), blue && minimumStride(blue, 641)]).toEqual([641, 321]);
  });

  it('packs MIPI RAW10 four samples in five bytes', () => {
    const { planes } = planeLayout(pixelFormat('SRGGB10P'), { width: 1281, height: 2 });
    expect(planes[0]?.stride).toBe(321 * 5);
  });

  it.each([
    [{ width: 0, height: 480 }, /NV12: expected width to be a positive integer, got 0/],
    [{ width: 640.5, height: 480 }, /expected width to be a positive integer, got 640.5/],
    [{ width: 640, height: -1 }, /expected height to be a positive integer, got -1/],
    [
      { width: 640, height: 480, bytesPerLine: 639 },
      /NV12 at 640 pixels needs a stride of at least 640 bytes in plane 0, got 639/,
    ],
    [{ width: 640, height: 480, strides: [640, 512] }, /at least 640 bytes in plane 1, got 512/],
    [{ width: 640, height: 480, strides: [640] }, /NV12 has 2 planes: no stride was given for plane 1/],
    [{ width: 640, height: 480, memoryPlanes: 2, bytesPerLine: [640] }, /no stride was given for plane 1/],
    [{ width: 640, height: 480, memoryPlanes: 3 }, /NV12 has 1 or 2 memory planes, got 3/],
  ])('refuses %j', (request, message) => {
    expect(() => planeLayout(pixelFormat('NV12'), request)).toThrow(RangeError);
    expect(() => planeLayout(pixelFormat('NV12'), request)).toThrow(message);
  });

  it('has no planes for compressed formats', () => {
    expect(() => planeLayout(pixelFormat('MJPEG'), { width: 640, height: 480 })).toThrow(
      /MJPEG is compressed/,
    );
  });
});

describe('alignedStride', () => {
  it.each([
    ['XRGB8888', 1280, 64, 5120],
    ['XRGB8888', 1279, 64, 5120],
    ['NV12', 650, 64, 704],
    ['YUV420', 650, 64, 768],
    ['YUV420', 640, 1, 640],
    ['NV24', 650, 64, 704],
  ])('%s, %i pixels, aligned to %i: %i bytes, every plane aligned', (name, width, alignment, expected) => {
    const format = pixelFormat(name);
    expect(alignedStride(format, width, alignment)).toBe(expected);
    const { planes } = planeLayout(format, { width, height: 2, bytesPerLine: expected });
    expect(planes.every(({ stride }) => stride % alignment === 0)).toBe(true);
  });

  it('refuses an alignment of 0', () => {
    expect(() => alignedStride(pixelFormat('NV12'), 640, 0)).toThrow(
      /expected stride alignment to be a positive integer/,
    );
  });
});
