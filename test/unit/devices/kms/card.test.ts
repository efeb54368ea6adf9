import { Card } from '../../../../src/devices/kms/card';
import { UnsupportedError } from '../../../../src/errors';
import { FakeKernel } from '../../../../src/testing';

const PATH = '/dev/dri/card0';

function machine(options = {}) {
  const kernel = new FakeKernel();
  kernel.addCard(options);
  return kernel;
}

describe('Card', () => {
  it('asks for writeback connectors, and becomes DRM master by being first', () => {
    const kernel = machine();
    const card = Card.open(kernel, PATH);
    expect(card).toMatchObject({ driver: 'vkms', atomic: true, modifiers: true, hasDisplay: true });
    expect(card.connectors({ probe: true }).map(({ name }) => name)).toEqual(['Writeback-1', 'Virtual-1']);
    card.requireMaster();
    expect(kernel.requests('DRM_IOCTL_SET_MASTER')).toEqual([]);
    card.close();
    kernel.assertNothingLeft();
  });

  it('becomes master again where the last one has dropped it', () => {
    const kernel = machine();
    const first = Card.open(kernel, PATH);
    const second = Card.open(kernel, PATH);
    expect(() => second.requireMaster()).toThrow(UnsupportedError);
    kernel.drmDropMaster(first.fd);
    second.requireMaster();
    expect(kernel.drmIsMaster(second.fd)).toBe(true);
  });

  it('does without writeback connectors and modifiers where the kernel has none', () => {
    const kernel = machine();
    kernel.fail('DRM_IOCTL_SET_CLIENT_CAP', 'EINVAL', { after: 2 });
    kernel.fail('DRM_IOCTL_GET_CAP', 'EOPNOTSUPP');
    const card = Card.open(kernel, PATH);
    expect(card.modifiers).toBe(false);
    expect(card.connectors({ probe: true }).map(({ name }) => name)).toEqual(['Virtual-1']);
  });

  it('stays open until its last user closes it, and is closed once', () => {
    const kernel = machine();
    const card = Card.open(kernel, PATH);
    expect(card.retain()).toBe(card);
    card.close();
    expect(card.closed).toBe(false);
    const blob = card.createBlob(new Uint8Array(4));
    card.close();
    card.close();
    expect(card.closed).toBe(true);
    card.destroyBlob(blob);
    kernel.assertNothingLeft();
  });

  it('names the property that a driver lacks', () => {
    const card = Card.open(machine(), PATH);
    const crtc = card.properties(card.resources.crtcs[0] ?? 0, 'crtc');
    expect([crtc.has('ACTIVE'), crtc.has('VRR_ENABLED'), crtc.value('VRR_ENABLED')]).toEqual([
      true,
      false,
      undefined,
    ]);
    expect(() => crtc.set('VRR_ENABLED', 1)).toThrow(
      `crtc ${crtc.objectId} of vkms (${PATH}) has no property VRR_ENABLED, which dmaflow needs`,
    );
  });

  it('gives the fd back where the card cannot be set up', () => {
    const kernel = machine();
    kernel.fail('DRM_IOCTL_MODE_GETRESOURCES', 'EACCES');
    expect(() => Card.open(kernel, PATH)).toThrow(expect.objectContaining({ code: 'EACCES', path: PATH }));
    kernel.assertNothingLeft();
  });
});
