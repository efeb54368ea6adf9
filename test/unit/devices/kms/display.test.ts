import { Display, type DisplayOptions } from '../../../../src/devices/kms/display';
import { UnsupportedError } from '../../../../src/errors';
import { FakeKernel } from '../../../../src/testing';
import { twoHeads } from './fixture';

function opened(kernel: FakeKernel, options: DisplayOptions = {}, inUse: Display[] = []) {
  const display = Display.open(kernel, options, inUse);
  return { display, name: display.name };
}

describe('an open display', () => {
  it('knows its objects, formats and modes', () => {
    const kernel = new FakeKernel();
    const card = kernel.addCard({ formats: ['NV12', 'XR24', 'ZZZZ', 'AR24'], overlays: 1 });
    using display = Display.open(kernel);
    expect(display).toMatchObject({ crtcId: card.crtcs[0]?.id, crtcIndex: 0, planeId: card.planes[0]?.id });
    expect(display.formats.map(({ name }) => name)).toEqual(['XRGB8888', 'ARGB8888', 'NV12']);
    expect(display.modes).toHaveLength(5);
    expect(display.fbIdProperty).toBe(card.propertyId('FB_ID'));
    expect(display.inFenceProperty).toBe(card.propertyId('IN_FENCE_FD'));
    expect(display.writeback).toMatchObject({ id: card.connector('Writeback-1').object.id });
    expect(display.writeback?.fourccs).toHaveLength(4);
  });

  it('reads the modifiers of its plane, where the driver lists them', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ formats: ['XR24'], modifiers: [0n, 0x0300000000000001n] });
    using display = Display.open(kernel);
    expect(display.planeFormats.modifiers(display.formats[0]?.drmFourcc ?? 0)).toEqual([
      0n,
      0x0300000000000001n,
    ]);
  });

  it('has no formats that the plane shows tiled only', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ modifiers: [0x0300000000000001n] });
    using display = Display.open(kernel);
    expect(display.formats).toEqual([]);
  });

  it('has no writeback connector where the card has none', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ writeback: false });
    using display = Display.open(kernel);
    expect(display.writeback).toBeUndefined();
  });

  it('shares the card with another display of the pipeline, and takes other objects', () => {
    const kernel = new FakeKernel();
    const card = kernel.addCard({ ...twoHeads, overlays: 2 });
    const { display: first, name: firstName } = opened(kernel);
    const { display: second, name: secondName } = opened(kernel, {}, [first]);
    expect([firstName, secondName]).toEqual([
      'HDMI-A-1 of vc4 (/dev/dri/card0)',
      'DSI-1 of vc4 (/dev/dri/card0)',
    ]);
    expect(second.card).toBe(first.card);
    expect(card.files.size).toBe(1);
    expect(first.objectIds.filter((id) => second.objectIds.includes(id))).toEqual([]);

    expect(() => Display.open(kernel, {}, [first, second])).toThrow('No other display is connected');
    expect(() => Display.open(kernel, { connector: 'DSI-1' }, [first, second])).toThrow(UnsupportedError);
    first.close();
    first.close();
    expect(kernel.drmIsMaster(second.card.fd)).toBe(true);
    second.close();
    kernel.assertNothingLeft();
  });

  it('runs on a leased fd', () => {
    const kernel = new FakeKernel();
    kernel.addCard(twoHeads);
    const lease = kernel.open('/dev/dri/card0', { access: 'read-write' });
    kernel.disown(lease);
    const { display, name } = opened(kernel, { lease, connector: 'DSI-1' });
    expect(name).toMatch(/^DSI-1 of vc4 \(leased DRM fd/);
    display.close();
    kernel.assertNothingLeft();

    const another = kernel.open('/dev/dri/card0', { access: 'read-write' });
    kernel.disown(another);
    expect(() => Display.open(kernel, { lease: another, connector: 'DP-1' })).toThrow(
      'The lease has no connector DP-1. Connectors: HDMI-A-1: connected; DSI-1: connected.',
    );
    kernel.assertNothingLeft();
  });
});
