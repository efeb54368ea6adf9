import { Card } from '../../../../src/devices/kms/card';
import { FirstProperties } from '../../../../src/devices/kms/properties';
import { findRoute } from '../../../../src/devices/kms/route';
import { UnsupportedError } from '../../../../src/errors';
import { DRM_MODE_CONNECTOR_WRITEBACK } from '../../../../src/native/kms';
import { FakeKernel } from '../../../../src/testing';
import { twoHeads } from './fixture';

/** Hardware whose connectors and planes all reach both CRTCs. */
function machine() {
  const kernel = new FakeKernel();
  const fake = kernel.addCard({ ...twoHeads, overlays: 2 });
  const realConnector = kernel.kmsConnector.bind(kernel);
  const realPlane = kernel.kmsPlane.bind(kernel);
  const realPlanes = kernel.kmsPlanes.bind(kernel);
  jest
    .spyOn(kernel, 'kmsConnector')
    .mockImplementation((...args) => ({ ...realConnector(...args), possibleCrtcs: 3 }));
  jest
    .spyOn(kernel, 'kmsPlane')
    .mockImplementation((...args) => ({ ...realPlane(...args), possibleCrtcs: 3 }));
  jest.spyOn(kernel, 'kmsPlanes').mockImplementation((fd) => realPlanes(fd).reverse());

  const card = Card.open(kernel, '/dev/dri/card0');
  const connector = (name: string) => {
    const found = card.connectors({ probe: false }).find((candidate) => candidate.name === name);
    if (!found) throw new Error(`no connector ${name}`);
    return found;
  };
  const [first, second] = fake.crtcs.map(({ id }) => id) as [number, number];
  const drive = (name: string, crtcId: number) => fake.connector(name).object.values.set('CRTC_ID', crtcId);
  const [primary, otherPrimary] = fake.planes as [(typeof fake.planes)[0], (typeof fake.planes)[0]];
  const route = (name: string, taken: number[] = []) => {
    const state = {
      card,
      connectors: card.connectors({ probe: false }),
      properties: new FirstProperties(card),
    };
    return findRoute(state, connector(name), new Set(taken));
  };
  return { kernel, fake, card, first, second, drive, primary, otherPrimary, route };
}

describe('findRoute', () => {
  it('keeps the CRTC that drives the connector', () => {
    const { second, drive, route } = machine();
    drive('HDMI-A-1', second);
    expect(route('HDMI-A-1')).toMatchObject({ crtcId: second, crtcIndex: 1 });
  });

  it('takes an idle CRTC rather than one that drives another display', () => {
    const { first, second, drive, route } = machine();
    drive('DSI-1', first);
    expect(route('HDMI-A-1').crtcId).toBe(second);
  });

  it('takes the CRTC of another display where there is no other', () => {
    const { first, second, drive, route } = machine();
    drive('DSI-1', first);
    expect(route('HDMI-A-1', [second]).crtcId).toBe(first);
  });

  it('takes a primary plane: the one on the CRTC, else one that is idle', () => {
    const { first, second, primary, otherPrimary, route } = machine();
    primary.values.set('CRTC_ID', first);
    expect(route('HDMI-A-1', [second])).toMatchObject({ crtcId: first, plane: { id: primary.id } });
    expect(route('HDMI-A-1', [first])).toMatchObject({ crtcId: second, plane: { id: otherPrimary.id } });
  });

  it('goes on to the next CRTC where a plane is missing, and says so where none is left', () => {
    const { first, second, primary, otherPrimary, route } = machine();
    primary.values.set('CRTC_ID', second);
    expect(route('HDMI-A-1', [otherPrimary.id]).crtcId).toBe(second);
    expect(() => route('HDMI-A-1', [first, otherPrimary.id, primary.id])).toThrow(UnsupportedError);
    expect(() => route('HDMI-A-1', [first, second])).toThrow(
      'Connector HDMI-A-1 of vc4 (/dev/dri/card0) has no CRTC with a primary plane to itself beside the displays ' +
        'that this pipeline already uses. Choose another connector or card.',
    );
  });

  it('finds a writeback connector that no other display has', () => {
    const { fake, route } = machine();
    const writebacks = fake.outputs
      .filter(({ type }) => type === DRM_MODE_CONNECTOR_WRITEBACK)
      .map(({ object }) => object.id);
    expect(route('HDMI-A-1').writebackId).toBe(writebacks[0]);
    expect(route('HDMI-A-1', writebacks.slice(0, 1)).writebackId).toBe(writebacks[1]);
    expect(route('HDMI-A-1', writebacks).writebackId).toBeUndefined();
  });
});
