import { listCards } from '../../../../src/devices/kms/discovery';
import { FakeKernel } from '../../../../src/testing';

function machine() {
  const kernel = new FakeKernel();
  kernel.addCard({ driver: 'vgem', displays: [] });
  const card = kernel.addCard({
    driver: 'vkms',
    overlays: 1,
    formats: ['XR24', 'NV12', 'XR48'],
    displays: [{ modes: [{ width: 1024, height: 768, refresh: 75, preferred: true }] }],
  });
  return { kernel, card };
}

describe('listCards', () => {
  it('lists connectors with their modes and planes with their formats', () => {
    const { kernel, card } = machine();
    const [, vkms] = listCards(kernel);
    expect(vkms).toMatchObject({
      path: '/dev/dri/card1',
      driver: 'vkms',
      permitted: true,
      hasDisplay: true,
      atomic: true,
      connectors: [
        { name: 'Writeback-1', connection: 'connected', writeback: true },
        {
          id: card.connector('Virtual-1').object.id,
          name: 'Virtual-1',
          connection: 'connected',
          writeback: false,
          modes: [{ width: 1024, height: 768, refresh: 75, preferred: true }],
        },
      ],
      planes: [
        { type: 'Primary', formats: ['XRGB8888', 'NV12', 'XR48'] },
        { type: 'Overlay', formats: ['XRGB8888', 'NV12', 'XR48'] },
      ],
    });
    kernel.assertNothingLeft();
  });

  it('lists a render-only card without a display', () => {
    const { kernel } = machine();
    expect(listCards(kernel)[0]).toEqual({
      path: '/dev/dri/card0',
      driver: 'vgem',
      permitted: true,
      hasDisplay: false,
      atomic: false,
      connectors: [],
      planes: [],
    });
  });

  it('sorts by number', () => {
    const kernel = new FakeKernel();
    for (const number of [10, 2, 0]) kernel.addCard({ path: `/dev/dri/card${number}` });
    expect(listCards(kernel).map(({ path }) => path)).toEqual([
      '/dev/dri/card0',
      '/dev/dri/card2',
      '/dev/dri/card10',
    ]);
  });

  it('works beside another DRM master, and leaves it so', () => {
    const { kernel, card } = machine();
    card.anotherMaster();
    expect(listCards(kernel)[1]?.connectors[1]?.connection).toBe('connected');
    expect(card.master).toBe('compositor');
    expect(kernel.requests('DRM_IOCTL_SET_MASTER')).toEqual([]);
  });

  it('says which card may not be opened, and lists a driver without atomic modesetting', () => {
    const kernel = new FakeKernel();
    kernel.addCard();
    kernel.addCard({ driver: 'radeon', atomic: false });
    kernel.setPermission('/dev/dri/card0', { readable: false });
    expect(listCards(kernel)).toMatchObject([
      { path: '/dev/dri/card0', permitted: false, driver: undefined },
      { path: '/dev/dri/card1', driver: 'radeon', atomic: false, hasDisplay: true },
    ]);
  });

  it('leaves out a card that vanishes meanwhile, and is empty without cards', () => {
    const { kernel } = machine();
    kernel.fail('DRM_IOCTL_VERSION', 'ENODEV', { path: '/dev/dri/card1' });
    expect(listCards(kernel).map(({ path }) => path)).toEqual(['/dev/dri/card0']);
    kernel.assertNothingLeft();
    expect(listCards(new FakeKernel())).toEqual([]);
  });
});
