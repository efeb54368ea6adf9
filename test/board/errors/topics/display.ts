/** Displays that are not there, not connected, too small, or another program's. */
import { renameSync, writeFileSync } from 'node:fs';
import { type KmsSinkOptions, kmsSink, NegotiationError, Pipeline, tee, UnsupportedError } from 'dmaflow';
import { cardOf } from '../../../support/board/devices';
import { failureOf, smallCamera } from '../../../support/board/pipelines';
import { Program } from '../../../support/board/program';

export function displayErrors(): void {
  const vkms = cardOf('vkms');
  const failureWith = (display: KmsSinkOptions, camera = {}) =>
    failureOf(new Pipeline(smallCamera({ frames: 2, ...camera }), kmsSink(display)));

  it('unknown card: lists the cards', async () => {
    const error = await failureWith({ card: 'vc4' });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(/^There is no card `vc4`\. Cards: .*vkms \(\/dev\/dri\/card\d\)/);
  });

  it('unknown card node', async () => {
    const error = await failureWith({ card: '/dev/dri/card9' });
    expect(error).toMatchObject({ code: 'ENOENT', path: '/dev/dri/card9' });
    expect(error.message).toContain('There is no such card: `dmaflow devices` lists those there are.');
  });

  it('a node that is no card', async () => {
    const error = await failureWith({ card: '/dev/null' });
    expect(error.message).toMatch(
      /on \/dev\/null: ENOTTY\. This is no card with displays: `dmaflow devices` lists/,
    );
  });

  it('a card without displays', async () => {
    const error = await failureWith({ card: 'vgem' });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(
      /^Card `vgem` has no display\. Cards: vgem \(\/dev\/dri\/card\d\), no display/,
    );
  });

  it('unknown connector: lists the connectors', async () => {
    const error = await failureWith({ connector: 'HDMI-A-1' });
    expect(error.message).toBe(
      `There is no connector \`HDMI-A-1\`. Connectors: Virtual-1 of vkms (${vkms.path}): connected.`,
    );
  });

  it('unknown mode: lists the modes', async () => {
    const error = await failureWith({ card: 'vkms', mode: '1234x567' });
    expect(error.message).toMatch(/^Virtual-1 of vkms \(.*\) has no mode 1234x567\. Modes: .*1280x720@60/);
  });

  it('a mode that is none', async () => {
    const error = await failureWith({ card: 'vkms', mode: 'full' });
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe("expected a mode like '1280x720' or '1280x720@60', got 'full'");
  });

  it('a frame that is larger than the mode', async () => {
    const error = await failureWith({ card: 'vkms', mode: '640x480' }, { width: 1280, height: 720, fps: 30 });
    expect(error).toBeInstanceOf(NegotiationError);
    expect(error).toMatchObject({ field: 'size' });
    expect(error.message).toBe(
      'A frame of 1280x720 fits into no mode of the display: 640x480. ' +
        'Ask the camera for a smaller size, or choose a larger mode.',
    );
  });

  describe('unplugged', () => {
    const status = `/sys/class/drm/${vkms.path.slice('/dev/dri/'.length)}-Virtual-1/status`;
    beforeAll(() => writeFileSync(status, 'off'));
    afterAll(() => writeFileSync(status, 'detect'));

    it('no display is connected: says so of each connector', async () => {
      const error = await failureWith({});
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toBe(
        `No display is connected. Connectors: Virtual-1 of vkms (${vkms.path}): disconnected. ` +
          'Plug a display in and switch it on, or choose another connector.',
      );
    });

    it('the connector that is asked for is not connected', async () => {
      const error = await failureWith({ card: 'vkms', connector: 'Virtual-1' });
      expect(error.message).toMatch(
        /^Connector `Virtual-1` cannot be used on card `vkms`\. Connectors: Virtual-1 of vkms .*: disconnected\./,
      );
    });
  });

  it('more sinks than displays', async () => {
    const error = await failureOf(
      new Pipeline(
        smallCamera({ frames: 2 }),
        tee([kmsSink({ name: 'left' })], [kmsSink({ name: 'right' })]),
      ),
    );
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toBe(
      `No other display is connected. Connectors: Virtual-1 of vkms (${vkms.path}): connected, ` +
        'in use by another sink of this pipeline. ' +
        'Plug a display in and switch it on, or choose another connector.',
    );
  });

  it('another DRM master: names it, and says what to do', async () => {
    // The first to open a card is its master.
    await using master = new Program('sh', ['-c', `exec 3<>${vkms.path}; echo open; exec sleep 1000`]);
    await master.says(/open/);
    const error = await failureWith({ card: 'vkms' });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toContain(
      `${vkms.path} is in use: another program is DRM master, so this one may not set modes ` +
        `(DRM_IOCTL_SET_MASTER: EBUSY); the card is open in sleep (pid ${master.pid}). Stop that program`,
    );
    expect(error.message).toContain('systemctl stop display-manager');
  });

  it('no card at all', async () => {
    renameSync('/dev/dri', '/dev/dri.hidden');
    try {
      const error = await failureWith({});
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toMatch(/^There is no display: no \/dev\/dri\/card\* node exists\. .*CONFIG_DRM/);
    } finally {
      renameSync('/dev/dri.hidden', '/dev/dri');
    }
  });
}
