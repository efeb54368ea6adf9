import {
  describeMode,
  matchingModes,
  modeCandidates,
  parseMode,
  placement,
} from '../../../../src/devices/kms/mode-choice';
import { NegotiationError } from '../../../../src/errors';
import type { KmsMode } from '../../../../src/native/kms';

const PREFERRED = 1 << 3;
const INTERLACE = 1 << 4;

function mode(text: string, details: { type?: number; flags?: number } = {}): KmsMode {
  const { width, height, refresh = 60 } = parseMode(text);
  return { name: text, width, height, refresh, type: 0, flags: 0, blob: new Uint8Array(), ...details };
}
const names = (modes: readonly KmsMode[]) => modes.map(({ name }) => name);
const order = (modes: KmsMode[], size: string, options: { fps?: number; wanted?: string } = {}) => {
  const { width, height } = parseMode(size);
  const wanted = options.wanted === undefined ? undefined : parseMode(options.wanted);
  return names(modeCandidates(modes, { width, height, fps: options.fps }, wanted));
};

describe('parseMode', () => {
  it('reads a size, with a refresh rate or without', () => {
    expect(parseMode('1280x720')).toEqual({ width: 1280, height: 720 });
    expect(parseMode(' 1920x1080@59.94 ')).toEqual({ width: 1920, height: 1080, refresh: 59.94 });
    expect(parseMode('640x480@60Hz')).toEqual({ width: 640, height: 480, refresh: 60 });
  });

  it.each(['', '720p', '1280x', 'x720', '1280x720@', '1280x720@fast', '-1x2'])('refuses %p', (text) => {
    expect(() => parseMode(text)).toThrow(TypeError);
  });
});

describe('modeCandidates', () => {
  it('puts the size of the frame first, then the smallest modes it fits within', () => {
    const modes = [mode('1920x1080'), mode('640x480'), mode('1280x720'), mode('1280x800')];
    expect(order(modes, '1280x720')).toEqual(['1280x720', '1280x800', '1920x1080']);
  });

  it('prefers what fits tightly over what the display prefers', () => {
    const modes = [mode('1920x1080', { type: PREFERRED }), mode('800x600'), mode('640x480')];
    expect(order(modes, '640x480')).toEqual(['640x480', '800x600', '1920x1080']);
  });

  it('leaves out modes that are large enough in one direction only', () => {
    expect(order([mode('1024x768'), mode('1280x720')], '1000x760')).toEqual(['1024x768']);
  });

  it('takes the preferred one of modes of one size', () => {
    const modes = [mode('1280x720@60'), mode('1280x720@50', { type: PREFERRED })];
    expect(order(modes, '1280x720', { fps: 30 })).toEqual(['1280x720@50', '1280x720@60']);
  });

  it('takes refresh rates that show each frame equally long, before those that are fast enough', () => {
    const modes = ['24', '60', '75', '50', '100'].map((hertz) => mode(`1280x720@${hertz}`));
    const at = (fps: number) => order(modes, '1280x720', { fps }).map((name) => name.split('@')[1]);
    expect(at(25)).toEqual(['50', '75', '100', '60', '24']);
    expect(at(30)).toEqual(['60', '50', '75', '100', '24']);
    expect(at(24)).toEqual(['24', '60', '50', '75', '100']);
  });

  it('counts 59.94 Hz as a multiple of 30 frames a second', () => {
    expect(order([mode('1280x720@70'), mode('1280x720@59.94')], '1280x720', { fps: 30 })).toEqual([
      '1280x720@59.94',
      '1280x720@70',
    ]);
  });

  it('takes interlaced modes after progressive ones', () => {
    const modes = [mode('1920x1080@60', { flags: INTERLACE }), mode('1920x1080@50')];
    expect(order(modes, '1920x1080', { fps: 30 })).toEqual(['1920x1080@50', '1920x1080@60']);
  });

  it('takes only the mode that the user asks for, and the nearest refresh rate first', () => {
    const modes = [
      mode('1280x720@60', { type: PREFERRED }),
      mode('1280x720@59.94'),
      mode('1280x720@50'),
      mode('640x480'),
    ];
    expect(order(modes, '640x480', { wanted: '1280x720' })).toHaveLength(3);
    expect(order(modes, '640x480', { wanted: '1280x720@59.94' })).toEqual(['1280x720@59.94', '1280x720@60']);
  });

  it('lists the modes where the frame fits into none', () => {
    const refused = () => order([mode('1280x720'), mode('640x480'), mode('640x480@75')], '1920x1080');
    expect(refused).toThrow(NegotiationError);
    expect(refused).toThrow('1920x1080 fits into no mode of the display: 1280x720, 640x480.');
    expect(refused).toThrow(expect.objectContaining({ field: 'size' }));
  });

  it('does not fall back from a mode that was asked for', () => {
    const modes = [mode('1920x1080'), mode('640x480')];
    expect(() => order(modes, '1280x720', { wanted: '640x480' })).toThrow('no mode of the display: 640x480.');
  });

  it('leaves the list of modes as it was', () => {
    const modes = [mode('1920x1080'), mode('640x480')];
    order(modes, '640x480');
    expect(names(modes)).toEqual(['1920x1080', '640x480']);
  });
});

describe('matchingModes', () => {
  it('finds nothing where the refresh rate is another one', () => {
    expect(matchingModes([mode('640x480@75')], { width: 640, height: 480, refresh: 60 })).toEqual([]);
  });
});

describe('placement', () => {
  it('covers a mode of the same size', () => {
    expect(placement({ width: 1280, height: 720 }, { width: 1280, height: 720 })).toEqual({
      crtcX: 0,
      crtcY: 0,
      crtcWidth: 1280,
      crtcHeight: 720,
      srcX: 0,
      srcY: 0,
      srcWidth: 1280 * 65536,
      srcHeight: 720 * 65536,
    });
  });

  it('centres a smaller frame, unscaled, at even coordinates', () => {
    expect(placement({ width: 640, height: 480 }, { width: 1024, height: 768 })).toMatchObject({
      crtcX: 192,
      crtcY: 144,
      crtcWidth: 640,
      crtcHeight: 480,
    });
    expect(placement({ width: 639, height: 478 }, { width: 1024, height: 768 })).toMatchObject({
      crtcX: 192,
      crtcY: 144,
    });
  });
});

describe('describeMode', () => {
  it('names size, refresh rate and interlacing', () => {
    expect(describeMode(mode('1280x720@59.94'))).toBe('1280x720 at 59.94 Hz');
    expect(describeMode(mode('1920x1080', { flags: INTERLACE }))).toBe('1920x1080 interlaced at 60 Hz');
  });
});
