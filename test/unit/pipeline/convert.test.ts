import {
  convert,
  cpuStage,
  type Frame,
  kmsSink,
  NegotiationError,
  Pipeline,
  tee,
  v4l2Source,
} from '../../../src';
import { colorMeaning, outputCaps, outputLayout } from '../../../src/pipeline/convert-layout';
import type { FrameLayout } from '../../../src/pipeline/frame-layout';
import { FakeKernel } from '../../../src/testing';

const input: FrameLayout = {
  format: 'NV12',
  arrangement: 'one-buffer',
  width: 640,
  height: 480,
  planes: [],
  memoryPlanes: [],
  colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
  fps: 30,
};

describe('a conversion, planned', () => {
  const sizes = (width?: number, height?: number, rotate: 0 | 90 | 180 | 270 = 0) => {
    const [caps] = outputCaps(input, { width, height, rotate });
    return [caps?.width.min, caps?.height.min];
  };

  it('keeps the size or the proportions, after the rotation', () => {
    expect(sizes()).toEqual([640, 480]);
    expect(sizes(undefined, undefined, 90)).toEqual([480, 640]);
    expect(sizes(320)).toEqual([320, 240]);
    expect(sizes(undefined, 320, 270)).toEqual([240, 320]);
    expect(sizes(100, 50, 180)).toEqual([100, 50]);
  });

  it('lays planes out with the alignment that is asked for', () => {
    const output = { format: 'NV12', arrangement: 'one-buffer', width: 100, height: 50 } as const;
    const { planes, memoryPlanes } = outputLayout(input, output, 64);
    expect(planes.map(({ stride, offset }) => [stride, offset])).toEqual([
      [128, 0],
      [128, 6400],
    ]);
    expect(memoryPlanes).toEqual([6400 + 3200]);
  });

  it('says what colours come of it', () => {
    const made = (from: Partial<FrameLayout>, format: 'NV21' | 'XRGB8888') =>
      outputLayout({ ...input, ...from }, { format, arrangement: 'one-buffer', width: 64, height: 64 }, 1)
        .colorSpace;
    expect(made({}, 'NV21')).toEqual(input.colorSpace);
    expect(made({}, 'XRGB8888')).toMatchObject({ matrix: 'rgb', fullRange: true });
    const rgb = { ...input.colorSpace, matrix: 'rgb', fullRange: true } as const;
    expect(made({ format: 'XRGB8888', colorSpace: rgb }, 'NV21')).toMatchObject({
      matrix: 'smpte170m',
      fullRange: false,
    });
    expect(made({ format: 'MJPEG' }, 'NV21')).toMatchObject({ matrix: 'smpte170m', fullRange: true });
  });

  it('reads them as they are meant, and refuses a matrix that it does not know', () => {
    expect(colorMeaning(input)).toEqual({ matrix: 'bt709', fullRange: false });
    expect(colorMeaning({ ...input, format: 'MJPEG' })).toEqual({ matrix: 'bt601', fullRange: true });
    const unknown = { ...input, colorSpace: { ...input.colorSpace, matrix: null } };
    expect(() => colorMeaning(unknown)).toThrow('BT.601, BT.709 and BT.2020');
  });

  it('refuses what it cannot make, naming what it can', () => {
    expect(() => convert({ format: 'SRGGB8' })).toThrow('makes no SRGGB8: it makes XRGB8888, RGB565, NV12');
    expect(() => convert({ format: 'MJPEG' })).toThrow('makes no MJPEG');
    expect(() => convert({ rotate: 45 as 90 })).toThrow('rotate must be 0, 90, 180 or 270, got 45');
    expect(() => convert({ width: 0 })).toThrow('width must be a whole number of pixels');
  });
});

describe('a converter in a pipeline', () => {
  let kernel: FakeKernel;
  const NV12 = { width: 320, height: 180, fps: 30, format: 'NV12' } as const;

  beforeEach(() => {
    ({ kernel } = FakeKernel.board());
  });
  afterEach(() => kernel.assertNothingLeft());

  it('makes frames in buffers of their own, on the heap that what follows needs', async () => {
    const seen: Frame[] = [];
    await using pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...NV12, frames: 6 }),
      convert({ format: 'XRGB8888', policy: 'every', max: 4 }),
      kmsSink(),
    );
    pipeline.frames('convert').subscribe((frame) => seen.push(frame));
    const plan = pipeline.explain();
    expect(plan).toMatch(/NV12 320x180/);
    expect(plan).toMatch(/XRGB8888 320x180/);
    expect(plan).toMatch(/converted from NV12 320x180 to XRGB8888 320x180/);
    const stats = await pipeline.run();
    expect(stats).toMatchObject({ captured: 6, lost: 0 });
    expect(stats.stages.map(({ name, role }) => `${name}: ${role}`)).toEqual([
      'camera: source',
      'convert: converter',
      'display: sink',
    ]);
    const link = stats.links.find(({ to }) => to === 'convert');
    expect(link).toMatchObject({ from: 'camera', frames: 6, copies: 6, syncCalls: 24 });
    expect(stats.shown).toBeGreaterThan(0);
    expect(seen.every(({ format }) => format === 'XRGB8888')).toBe(true);
    expect(() => pipeline.assertZeroCopy()).toThrow('converted from NV12');
  });

  it('feeds a stage in JavaScript from ordinary pages, and is fed by one', async () => {
    const sums: number[] = [];
    const formats: string[] = [];
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...NV12, frames: 4 }),
      cpuStage({ access: 'read', name: 'before', policy: 'every', max: 4 }, ({ frame }) => {
        formats.push(frame.format);
      }),
      convert({ format: 'RGB565', width: 160, policy: 'every', max: 4 }),
      cpuStage({ access: 'read', name: 'after', policy: 'every', max: 4 }, ({ frame }) => {
        using px = frame.cpuAccess();
        sums.push(px.planes[0]?.data.length ?? 0);
        formats.push(`${frame.format} ${frame.codedWidth}x${frame.codedHeight}`);
      }),
    );
    expect(pipeline.explain()).toMatch(/system \(not allocated yet\)/);
    const stats = await pipeline.run();
    expect(formats.filter((each) => each === 'NV12')).toHaveLength(4);
    expect(formats.filter((each) => each === 'RGB565 160x90')).toHaveLength(4);
    expect(sums).toEqual([1, 2, 3, 4].map(() => 160 * 90 * 2));
    expect(stats.stages.find(({ name }) => name === 'convert')?.frames).toBe(4);
  });

  it('keeps the format where all take it', async () => {
    await using pipeline = new Pipeline({ kernel }, v4l2Source(NV12), convert({ width: 160 }), kmsSink());
    expect(pipeline.explain()).toMatch(/converted from NV12 320x180 to NV12 160x90/);
  });

  it('stops the pipeline when a request is refused', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source(NV12), convert({ format: 'XRGB8888' }), kmsSink());
    kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
    await expect(pipeline.run()).rejects.toThrow(/DMA_BUF_IOCTL_SYNC on .*: EIO/);
    expect(pipeline.state).toBe('failed');
  });

  describe('where two ends have no format in common', () => {
    const blind = (): ReturnType<typeof cpuStage> =>
      cpuStage({ access: 'read', name: 'grey', formats: ['YUV420'] }, () => undefined);

    it('is not inserted unasked', () => {
      const pipeline = new Pipeline({ kernel }, v4l2Source(NV12), blind());
      expect(() => pipeline.explain()).toThrow(NegotiationError);
      expect(() => pipeline.explain()).toThrow('autoConvert: true');
    });

    it('is inserted with autoConvert, before the stage that takes nothing, and seen', async () => {
      const options = { kernel, autoConvert: true };
      const pipeline = new Pipeline(options, v4l2Source({ ...NV12, frames: 5 }), tee(kmsSink(), [blind()]));
      for (let run = 0; run < 2; run++) {
        const text = pipeline.explain();
        expect(text).toMatch(/convert = libyuv on a thread of its own, inserted by autoConvert/);
        expect(text).toMatch(/converted from NV12 320x180 to YUV420 320x180/);
        const stats = await pipeline.run();
        expect(stats.links.map(({ from, to }) => `${from} ${to}`)).toEqual(
          expect.arrayContaining(['camera convert', 'convert grey', 'camera display']),
        );
      }
    });
  });

  it('puts the right pixels on the screen', async () => {
    const pipeline = new Pipeline(
      { kernel, atEnd: 'hold' },
      v4l2Source({ ...NV12, frames: 3 }),
      cpuStage({ access: 'read-write', policy: 'every', max: 4 }, ({ frame }) => {
        using px = frame.cpuAccess();
        px.planes[0]?.data.fill(82);
        const chroma = px.planes[1]?.data;
        for (let at = 0; chroma && at < chroma.length; at += 2) chroma.set([90, 240], at);
      }),
      convert({ format: 'XRGB8888' }),
      kmsSink({ writeback: true }),
    );
    await pipeline.start();
    await pipeline.ended;
    const { data, stride, width, height } = await pipeline.screenshot();
    const at = Math.floor(height / 2) * stride + Math.floor(width / 2) * 4;
    const [blue = 255, green = 255, red = 0] = data.subarray(at, at + 3);
    await pipeline.stop();
    expect([red > 240, green < 15, blue < 15]).toEqual([true, true, true]);
  });
});
