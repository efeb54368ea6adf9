import { Display } from '../../../../src/devices/kms/display';
import { KernelError, UnsupportedError } from '../../../../src/errors';
import { FakeKernel } from '../../../../src/testing';
import { twoHeads } from './fixture';

const NO_DISPLAY = { driver: 'vgem', displays: [] };
const DARK = { driver: 'i915', displays: [{ name: 'DP-1', connected: false }] };

/** Opens a display, closes it, and checks that nothing stays. */
function nameOf(kernel: FakeKernel, options = {}): string {
  const display = Display.open(kernel, options);
  const { name } = display;
  display.close();
  kernel.assertNothingLeft();
  return name;
}
function failure(kernel: FakeKernel, options = {}): Error {
  try {
    Display.open(kernel, options);
  } catch (error) {
    kernel.assertNothingLeft();
    return error as Error;
  }
  throw new Error('a display was opened');
}

describe('the choice of a display', () => {
  it('passes over cards without a display and without a connected connector', () => {
    const kernel = new FakeKernel();
    kernel.addCard(NO_DISPLAY);
    kernel.addCard(DARK);
    kernel.addCard({ driver: 'vkms' });
    kernel.addCard({ driver: 'bochs-drm' });
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card2)');
  });

  it('takes cards in the order of their numbers, not of their names', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ driver: 'ten', path: '/dev/dri/card10' });
    kernel.addCard({ driver: 'nine', path: '/dev/dri/card9' });
    expect(nameOf(kernel)).toBe('Virtual-1 of nine (/dev/dri/card9)');
  });

  it('passes over a connected connector without modes', () => {
    const kernel = new FakeKernel();
    const card = kernel.addCard(twoHeads);
    card.connector('HDMI-A-1').modes = [];
    expect(nameOf(kernel)).toBe('DSI-1 of vc4 (/dev/dri/card0)');
  });

  it('takes a connector that cannot tell whether a display is there when none is known to be', () => {
    const kernel = new FakeKernel();
    kernel.addCard({
      driver: 'vc4',
      displays: [{ name: 'HDMI-A-1', connected: false }, { name: 'Composite-1' }],
    });
    const real = kernel.kmsConnector.bind(kernel);
    jest.spyOn(kernel, 'kmsConnector').mockImplementation((...args) => {
      const connector = real(...args);
      return connector.name === 'Composite-1' ? { ...connector, connection: 3 } : connector;
    });
    expect(nameOf(kernel)).toBe('Composite-1 of vc4 (/dev/dri/card0)');
    kernel.addCard({ driver: 'vkms' });
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card1)');
  });

  it.each([
    [{ card: 'bochs-drm' }, 'Virtual-1 of bochs-drm (/dev/dri/card1)'],
    [{ card: '/dev/dri/card1' }, 'Virtual-1 of bochs-drm (/dev/dri/card1)'],
    [{ card: 'card1' }, 'Virtual-1 of bochs-drm (/dev/dri/card1)'],
    [{ connector: 'DSI-1' }, 'DSI-1 of vc4 (/dev/dri/card2)'],
    [{ card: 'vc4', connector: 'HDMI-A-1' }, 'HDMI-A-1 of vc4 (/dev/dri/card2)'],
  ])('finds %j', (options, expected) => {
    const kernel = new FakeKernel();
    kernel.addCard({ driver: 'vkms' });
    kernel.addCard({ driver: 'bochs-drm' });
    kernel.addCard(twoHeads);
    expect(nameOf(kernel, options)).toBe(expected);
  });

  it('never takes a writeback connector', () => {
    const kernel = new FakeKernel();
    const card = kernel.addCard({ driver: 'vkms' });
    card.connector('Writeback-1').connected = true;
    card.connector('Writeback-1').modes = card.connector('Virtual-1').modes;
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card0)');
    expect(failure(kernel, { connector: 'Writeback-1' }).message).toBe(
      'There is no connector `Writeback-1`. Connectors: Virtual-1 of vkms (/dev/dri/card0): connected.',
    );
  });
});

describe('what it says where there is no display', () => {
  it('no card at all', () => {
    const error = failure(new FakeKernel());
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(
      /^There is no display: no \/dev\/dri\/card\* node exists\. .*modprobe vkms/,
    );
  });

  it('only cards without a display', () => {
    const kernel = new FakeKernel();
    kernel.addCard(NO_DISPLAY);
    expect(failure(kernel).message).toBe(
      'No card has a display that can be used. Cards: vgem (/dev/dri/card0), no display, not atomic.',
    );
    expect(failure(kernel, { card: 'vgem' }).message).toMatch(/^Card `vgem` has no display\./);
  });

  it('nothing connected: lists the connectors and their states', () => {
    const kernel = new FakeKernel();
    kernel.addCard(DARK);
    const card = kernel.addCard(twoHeads);
    card.connector('HDMI-A-1').modes = [];
    card.connector('DSI-1').connected = false;
    expect(failure(kernel).message).toBe(
      'No display is connected. Connectors: DP-1 of i915 (/dev/dri/card0): disconnected; ' +
        'HDMI-A-1 of vc4 (/dev/dri/card1): connected, no modes; DSI-1 of vc4 (/dev/dri/card1): disconnected. ' +
        'Plug a display in and switch it on, or choose another connector.',
    );
    expect(failure(kernel, { connector: 'DSI-1' }).message).toMatch(
      /^Connector `DSI-1` cannot be used\. Connectors: /,
    );
  });

  it('no such card: lists the cards', () => {
    const kernel = new FakeKernel();
    kernel.addCard(NO_DISPLAY);
    kernel.addCard({ driver: 'vkms' });
    expect(failure(kernel, { card: 'vc4' }).message).toBe(
      'There is no card `vc4`. Cards: vgem (/dev/dri/card0), no display, not atomic; vkms (/dev/dri/card1).',
    );
  });

  it('no such node', () => {
    const kernel = new FakeKernel();
    kernel.addCard();
    const error = failure(kernel, { card: '/dev/dri/card7' });
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/dev/dri/card7' });
    expect(error.message).toContain('`dmaflow devices`');
  });

  it('no such mode: lists the modes as they are written', () => {
    const kernel = new FakeKernel();
    kernel.addCard({
      displays: [
        {
          modes: [
            { width: 1280, height: 720 },
            { width: 640, height: 480, refresh: 59.94 },
          ],
        },
      ],
    });
    const message =
      'Virtual-1 of vkms (/dev/dri/card0) has no mode 1280x720@50. Modes: 1280x720@60, 640x480@59.94.';
    expect(failure(kernel, { mode: '1280x720@50' }).message).toBe(message);
    expect(failure(kernel, { mode: 'largest' })).toBeInstanceOf(TypeError);
    using display = Display.open(kernel, { mode: '640x480@60' });
    expect(display.wantedMode).toEqual({ width: 640, height: 480, refresh: 60 });
  });

  it('a card that may not be opened is passed over, and named where it is the only one', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ driver: 'vc4' });
    kernel.setPermission('/dev/dri/card0', { readable: false, writable: false });
    const error = failure(kernel);
    expect(error).toMatchObject({ code: 'EACCES', path: '/dev/dri/card0' });
    expect(error.message).toContain('sudo usermod -aG video $USER');
    kernel.addCard({ driver: 'vkms' });
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card1)');
    expect(failure(kernel, { card: '/dev/dri/card0' })).toMatchObject({ code: 'EACCES' });
    expect(failure(kernel, { card: 'vc4' }).message).toContain('/dev/dri/card0 (EACCES)');
  });

  it('a driver without atomic modesetting is passed over, and refused where it is asked for', () => {
    const kernel = new FakeKernel();
    kernel.addCard({ driver: 'radeon', atomic: false });
    expect(failure(kernel).message).toContain('radeon (/dev/dri/card0), not atomic');
    expect(failure(kernel, { card: 'radeon' })).toEqual(
      expect.objectContaining({
        name: 'UnsupportedError',
        message: expect.stringMatching(/^radeon .*no atomic/),
      }),
    );
    kernel.addCard({ driver: 'vkms' });
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card1)');
  });

  it('another DRM master: says who it is and what to do', () => {
    const kernel = new FakeKernel();
    const card = kernel.addCard();
    card.anotherMaster('Xorg');
    kernel.addText('/proc/812/comm', 'Xorg\n');
    kernel.addText('/proc/812/fd/7', '');
    jest
      .spyOn(kernel, 'linkName')
      .mockImplementation((path) => (path === '/proc/812/fd/7' ? 'card0' : undefined));
    let error: unknown;
    try {
      Display.open(kernel);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toMatchObject({ cause: { code: 'EBUSY', syscall: 'DRM_IOCTL_SET_MASTER' } });
    expect((error as Error).message).toMatch(
      /^\/dev\/dri\/card0 is in use: .*open in Xorg \(pid 812\)\. Stop/,
    );
    expect((error as Error).message).toContain('systemctl stop display-manager');
    card.releaseMaster();
    expect(nameOf(kernel)).toBe('Virtual-1 of vkms (/dev/dri/card0)');
  });
});
