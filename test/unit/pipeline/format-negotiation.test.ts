import { NegotiationError } from '../../../src/errors';
import type { PixelFormatName } from '../../../src/formats/pixel-formats';
import { type Caps, fixed, nearest, type PlaneArrangement } from '../../../src/pipeline/caps';
import { negotiateFormat } from '../../../src/pipeline/format-negotiation';

const sizes = (
  format: PixelFormatName,
  list: [number, number][],
  arrangement: PlaneArrangement = 'one-buffer',
): Caps[] =>
  list.map(([width, height]) => ({ format, arrangement, width: fixed(width), height: fixed(height) }));

const range = (format: PixelFormatName, max: [number, number], step = 1): Caps => ({
  format,
  arrangement: 'one-buffer',
  width: { min: 16, max: max[0], step },
  height: { min: 16, max: max[1], step },
});

const failure = (run: () => unknown): NegotiationError => {
  try {
    run();
  } catch (error) {
    if (error instanceof NegotiationError) return error;
    throw error;
  }
  throw new Error('negotiation succeeded');
};

describe('negotiateFormat', () => {
  it('takes the format that the table prefers among those both sides know', () => {
    const camera = [...sizes('NV12', [[1280, 720]]), ...sizes('XRGB8888', [[1280, 720]])];
    const display = [range('NV12', [4096, 4096]), range('XRGB8888', [4096, 4096])];
    const format = negotiateFormat({ name: 'camera', caps: camera }, [{ name: 'display', caps: display }]);
    expect(format).toEqual({ format: 'XRGB8888', arrangement: 'one-buffer', width: 1280, height: 720 });
  });

  it('follows the consumers where only a less preferred format is common', () => {
    const camera = [...sizes('XRGB8888', [[640, 480]]), ...sizes('YUYV', [[640, 480]])];
    const consumers = [
      { name: 'display', caps: [range('YUYV', [1920, 1080]), range('NV12', [1920, 1080])] },
      { name: 'anything', caps: undefined },
    ];
    expect(negotiateFormat({ name: 'camera', caps: camera }, consumers).format).toBe('YUYV');
  });

  it('keeps every consumer of a tee in sight', () => {
    const camera = [...sizes('XRGB8888', [[640, 480]]), ...sizes('NV12', [[640, 480]])];
    const consumers = [
      { name: 'a', caps: [range('XRGB8888', [1920, 1080]), range('NV12', [1920, 1080])] },
      { name: 'b', caps: [range('NV12', [1920, 1080])] },
    ];
    expect(negotiateFormat({ name: 'camera', caps: camera }, consumers).format).toBe('NV12');
  });

  it('aims at 1280x720 and stays within what the display takes', () => {
    const camera = sizes('XRGB8888', [
      [3840, 2160],
      [1280, 720],
      [640, 480],
      [320, 240],
    ]);
    const pick = (max: [number, number]) =>
      negotiateFormat({ name: 'camera', caps: camera }, [
        { name: 'display', caps: [range('XRGB8888', max)] },
      ]);
    expect(pick([4096, 4096])).toMatchObject({ width: 1280, height: 720 });
    expect(pick([800, 600])).toMatchObject({ width: 640, height: 480 });
  });

  it('prefers one buffer to separate ones, and gives separate ones when asked', () => {
    const camera = [...sizes('NV12', [[640, 480]], 'separate-buffers'), ...sizes('NV12', [[640, 480]])];
    expect(negotiateFormat({ name: 'camera', caps: camera }, []).arrangement).toBe('one-buffer');
    const asked = negotiateFormat({ name: 'camera', caps: camera }, [], { arrangement: 'separate-buffers' });
    expect(asked.arrangement).toBe('separate-buffers');
  });

  it('takes a stated size from a stepwise range', () => {
    const camera = [range('XRGB8888', [4096, 2160], 8)];
    expect(negotiateFormat({ name: 'camera', caps: camera }, [], { width: 320, height: 240 })).toMatchObject({
      width: 320,
      height: 240,
    });
    expect(failure(() => negotiateFormat({ name: 'camera', caps: camera }, [], { width: 321 })).field).toBe(
      'size',
    );
  });

  it('says what the camera offers when the wish is not among it', () => {
    const camera = {
      name: 'camera',
      caps: sizes('XRGB8888', [
        [640, 480],
        [1280, 720],
      ]),
    };
    const size = failure(() => negotiateFormat(camera, [], { width: 1000, height: 1000 }));
    expect(size.field).toBe('size');
    expect(size.message).toContain('1000x1000');
    expect(size.message).toContain('XRGB8888 640x480, XRGB8888 1280x720');
    const format = failure(() => negotiateFormat(camera, [], { format: 'NV12' }));
    expect(format.field).toBe('format');
    expect(format.message).toContain('does not offer NV12');
  });

  it('carries both sides and the field that clashed', () => {
    const camera = { name: 'camera', caps: sizes('YUYV', [[640, 480]]) };
    const error = failure(() =>
      negotiateFormat(camera, [{ name: 'display', caps: [range('XRGB8888', [1920, 1080])] }]),
    );
    expect(error.field).toBe('format');
    expect(error.producer).toEqual(camera.caps);
    expect(error.message).toMatch(/camera offers YUYV 640x480; display takes XRGB8888/);
    const small = failure(() =>
      negotiateFormat(camera, [{ name: 'display', caps: [range('YUYV', [320, 240])] }]),
    );
    expect(small.field).toBe('size');
  });
});

describe('nearest', () => {
  it('keeps to the step and the limits', () => {
    const values = { min: 16, max: 4096, step: 16 };
    expect(nearest(values, 1, 10000, 1000)).toBe(1008);
    expect(nearest(values, 1, 1000, 5000)).toBe(992);
    expect(nearest(values, 100, 110, 100)).toBeUndefined();
  });
});
