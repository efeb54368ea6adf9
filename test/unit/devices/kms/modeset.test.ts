import { Display, type DisplayOptions } from '../../../../src/devices/kms/display';
import { Framebuffers } from '../../../../src/devices/kms/framebuffers';
import { Modeset, type ModesetRequest } from '../../../../src/devices/kms/modeset';
import { NegotiationError, UnsupportedError } from '../../../../src/errors';
import { DRM_MODE_ATOMIC_ALLOW_MODESET, DRM_MODE_ATOMIC_TEST_ONLY } from '../../../../src/native/kms';
import { type FakeCardOptions, FakeKernel } from '../../../../src/testing';
import { firstPixel, show, TestPicture, twoHeads, values } from './fixture';

const MODES = [
  { width: 1024, height: 768, preferred: true },
  { width: 800, height: 600 },
  { width: 640, height: 480 },
];

function machine(card: FakeCardOptions = { displays: [{ modes: MODES }] }, options: DisplayOptions = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  const fake = kernel.addCard(card);
  const display = Display.open(kernel, options);
  const prepare = (width: number, height: number, format: 'XRGB8888' | 'NV12' = 'XRGB8888') => {
    const picture = new TestPicture(kernel, format, [width, height], { fill: 0x55 });
    const framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    const [framebuffer = 0] = framebuffers.ids;
    const choose = (request: Partial<ModesetRequest> = {}) =>
      Modeset.choose(display, framebuffer, { width, height, format, ...request });
    return { framebuffer, choose };
  };
  return { kernel, card: fake, display, prepare };
}
const blobs = (kernel: FakeKernel) => kernel.left().filter((line) => line.startsWith('property blob'));

describe('Modeset.choose', () => {
  it('takes the mode of the size of the frame, by a test commit that changes nothing', async () => {
    const { kernel, card, display, prepare } = machine();
    const { choose } = prepare(640, 480);
    using modeset = await choose();
    expect(modeset.mode).toMatchObject({ width: 640, height: 480 });
    expect(modeset.describe()).toBe('640x480 at 60 Hz');
    expect(kernel.requests('DRM_IOCTL_MODE_ATOMIC').map(({ args }) => args.flags)).toEqual([
      DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET,
    ]);
    expect(card.screen()).toBeUndefined();
    expect(values(card, display.crtcId).ACTIVE).toBe(0);
  });

  it('centres a frame that no mode fits exactly', async () => {
    const { card, display, prepare } = machine();
    const { framebuffer, choose } = prepare(700, 500);
    using modeset = await choose();
    expect(modeset.describe()).toBe('800x600 at 60 Hz, frame of 700x500 at 50,50');
    await show(display, modeset.properties, framebuffer);
    expect(card.screen()).toMatchObject({ width: 800, height: 600 });
    expect([firstPixel(card, 49, 50), firstPixel(card, 50, 50)]).toEqual([0, 0x55]);
    expect([firstPixel(card, 749, 549), firstPixel(card, 750, 549)]).toEqual([0x55, 0]);
  });

  it('goes on to the next mode where the driver refuses one, and keeps no blob of it', async () => {
    const { kernel, prepare } = machine();
    const { choose } = prepare(640, 480);
    kernel.fail('DRM_IOCTL_MODE_ATOMIC', 'EINVAL');
    kernel.fail('DRM_IOCTL_MODE_ATOMIC', 'ENOSPC', { after: 1 });
    const modeset = await choose();
    expect(modeset.mode).toMatchObject({ width: 1024, height: 768 });
    expect(blobs(kernel)).toHaveLength(1);
    modeset.close();
    modeset.close();
    expect(blobs(kernel)).toEqual([]);
  });

  it('says what was tried where the plane has to cover the mode', async () => {
    const { kernel, prepare } = machine({
      driver: 'bochs-drm',
      primaryCoversMode: true,
      displays: [{ modes: MODES }],
    });
    const { choose } = prepare(700, 500);
    await expect(choose()).rejects.toThrow(UnsupportedError);
    await expect(choose()).rejects.toThrow(
      'Virtual-1 of bochs-drm (/dev/dri/card0) shows no XRGB8888 frame of 700x500; DRM_IOCTL_MODE_ATOMIC refused ' +
        '800x600 at 60 Hz: EINVAL, 1024x768 at 60 Hz: EINVAL. Ask the camera for a size that is a mode',
    );
    expect(blobs(kernel)).toEqual([]);
  });

  it('tries no mode but the one that the user asked for', async () => {
    const { kernel, prepare } = machine(undefined, { mode: '1024x768' });
    const { choose } = prepare(640, 480);
    using modeset = await choose();
    expect(modeset.placement).toMatchObject({ crtcX: 192, crtcY: 144 });
    kernel.fail('DRM_IOCTL_MODE_ATOMIC', 'EINVAL');
    await expect(choose()).rejects.toThrow('refused 1024x768 at 60 Hz: EINVAL. Ask');
  });

  it('refuses a frame that is larger than every mode', async () => {
    const { prepare } = machine();
    const { choose } = prepare(1280, 720);
    await expect(choose()).rejects.toThrow(NegotiationError);
    await expect(choose()).rejects.toThrow(
      '1280x720 fits into no mode of the display: 1024x768, 800x600, 640x480',
    );
  });

  it('says so where another program has become DRM master', async () => {
    const { kernel, card, prepare } = machine();
    const { choose } = prepare(640, 480);
    card.anotherMaster();
    await expect(choose()).rejects.toThrow(/another program is DRM master.*DRM_IOCTL_MODE_ATOMIC: EACCES/);
    expect(blobs(kernel)).toEqual([]);
  });

  it('passes on what is no answer of the driver', async () => {
    const { kernel, prepare } = machine();
    const { choose } = prepare(640, 480);
    kernel.fail('DRM_IOCTL_MODE_ATOMIC', 'ENODEV');
    await expect(choose()).rejects.toMatchObject({ code: 'ENODEV' });
    expect(kernel.requests('DRM_IOCTL_MODE_ATOMIC')).toHaveLength(1);
    expect(blobs(kernel)).toEqual([]);
  });
});

describe('what a modeset changes', () => {
  it('takes other planes off the CRTC, and leaves other displays alone', async () => {
    const { kernel, card, display, prepare } = machine({ ...twoHeads, overlays: 1 });
    const { framebuffer, choose } = prepare(320, 240);
    const overlay = card.planes[2];
    overlay?.values.set('CRTC_ID', display.crtcId);
    overlay?.values.set('FB_ID', framebuffer);
    using other = Display.open(kernel, { connector: 'DSI-1' }, [display]);
    using modeset = await choose();
    await show(display, modeset.properties, framebuffer);
    expect(values(card, overlay?.id ?? 0)).toMatchObject({ CRTC_ID: 0, FB_ID: 0 });
    expect(new Set(modeset.properties.map(({ objectId }) => objectId))).toEqual(
      new Set([display.crtcId, display.connector.id, display.planeId, overlay?.id]),
    );
    expect(modeset.properties.some(({ objectId }) => other.objectIds.includes(objectId))).toBe(false);
  });

  it('takes another connector off the CRTC, as a writeback connector that is left there', async () => {
    const { card, display, prepare } = machine();
    const { framebuffer, choose } = prepare(640, 480);
    const left = card.connector('Writeback-1').object;
    left.values.set('CRTC_ID', display.crtcId);
    using modeset = await choose();
    await show(display, modeset.properties, framebuffer);
    expect(left.value('CRTC_ID')).toBe(0);
  });

  it('attaches the writeback connector on request only', async () => {
    const { card, display, prepare } = machine();
    const { framebuffer, choose } = prepare(640, 480);
    const connector = card.connector('Writeback-1').object;
    using without = await choose();
    expect(without.writeback).toBe(false);
    expect(without.properties.map(({ objectId }) => objectId)).not.toContain(connector.id);
    using modeset = await choose({ writeback: true });
    await show(display, modeset.properties, framebuffer);
    expect(connector.value('CRTC_ID')).toBe(display.crtcId);
  });

  it('says that there is no writeback connector to attach', async () => {
    const { prepare } = machine({ writeback: false, displays: [{ modes: MODES }] });
    await expect(prepare(640, 480).choose({ writeback: true })).rejects.toThrow('has no writeback connector');
  });

  it('tells the plane how YUV is encoded, and undoes what the last program left', async () => {
    const kernel = new FakeKernel();
    kernel.addCard();
    const real = kernel.kmsProperties.bind(kernel);
    const enums = (...names: string[]) => names.map((name, value) => ({ name, value }));
    jest.spyOn(kernel, 'kmsProperties').mockImplementation((fd, id, type) => [
      ...real(fd, id, type),
      ...(type === 'plane'
        ? [
            {
              id: 900,
              name: 'COLOR_ENCODING',
              value: 0,
              flags: 8,
              enums: enums('ITU-R BT.601 YCbCr', 'ITU-R BT.709 YCbCr'),
            },
            {
              id: 901,
              name: 'COLOR_RANGE',
              value: 1,
              flags: 8,
              enums: enums('YCbCr limited range', 'YCbCr full range'),
            },
            { id: 902, name: 'rotation', value: 4, flags: 32, enums: [] },
            { id: 903, name: 'alpha', value: 0x7fff, flags: 2, enums: [] },
          ]
        : []),
      ...(type === 'crtc' ? [{ id: 904, name: 'GAMMA_LUT', value: 77, flags: 16, enums: [] }] : []),
    ]);
    jest.spyOn(kernel, 'kmsCommitAsync').mockResolvedValue([]);
    using display = Display.open(kernel);
    const changed = async (format: 'NV12' | 'XRGB8888') => {
      using modeset = await Modeset.choose(display, 1, {
        width: 640,
        height: 480,
        format,
        colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
      });
      return modeset.properties
        .filter(({ propertyId }) => propertyId >= 900)
        .map(({ propertyId, value }) => [propertyId, value]);
    };
    const leftovers = [
      [904, 0],
      [902, 1],
      [903, 0xffff],
    ];
    expect(await changed('NV12')).toEqual([...leftovers, [900, 1], [901, 0]]);
    expect(await changed('XRGB8888')).toEqual(leftovers);
  });
});
