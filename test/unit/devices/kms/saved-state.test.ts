import { Display } from '../../../../src/devices/kms/display';
import { Framebuffers } from '../../../../src/devices/kms/framebuffers';
import { Modeset } from '../../../../src/devices/kms/modeset';
import { SavedState } from '../../../../src/devices/kms/saved-state';
import { type FakeCardOptions, FakeKernel } from '../../../../src/testing';
import { firstPixel, show, TestPicture, values } from './fixture';

const CONSOLE = 0x11;
const CAMERA = 0x99;

/** A card on which a console of 1024x768 is shown by another fd, which stays open. */
async function machine(options: FakeCardOptions = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  const card = kernel.addCard(options);
  const before = await present(kernel, [1024, 768], CONSOLE);
  kernel.drmDropMaster(before.display.card.fd);
  return { kernel, card, before };
}

async function present(
  kernel: FakeKernel,
  [width, height]: [number, number],
  fill: number,
  writeback = false,
) {
  const display = Display.open(kernel);
  const picture = new TestPicture(kernel, 'XRGB8888', [width, height], { fill });
  const framebuffers = Framebuffers.import(display, picture.layout, [picture]);
  const [framebuffer = 0] = framebuffers.ids;
  const modeset = await Modeset.choose(display, framebuffer, {
    width,
    height,
    format: 'XRGB8888',
    writeback,
  });
  const saved = SavedState.save(display, modeset.properties);
  await show(display, modeset.properties, framebuffer);
  const close = () => {
    modeset.close();
    framebuffers.remove();
    picture[Symbol.dispose]();
    display.close();
  };
  return { display, framebuffers, modeset, saved, close };
}

const blobs = (kernel: FakeKernel) => kernel.left().filter((line) => line.startsWith('property blob'));

describe('SavedState', () => {
  it('puts the picture, its mode and its place back', async () => {
    const { kernel, card, before } = await machine();
    const { display, saved, close } = await present(kernel, [320, 240], CAMERA, true);
    const objects = [display.crtcId, display.connector.id, display.planeId, display.writeback?.id ?? 0];
    expect(card.screen()).toMatchObject({ width: 320, height: 240 });
    expect(firstPixel(card)).toBe(CAMERA);

    expect(await saved.restore()).toEqual({ outcome: 'restored' });
    expect(card.screen()).toMatchObject({ width: 1024, height: 768 });
    expect(firstPixel(card)).toBe(CONSOLE);
    const [crtc, connector, plane, writeback] = objects.map((id) => values(card, id));
    expect(crtc).toMatchObject({ ACTIVE: 1 });
    expect(connector).toMatchObject({ CRTC_ID: display.crtcId });
    expect(writeback).toMatchObject({ CRTC_ID: 0 });
    expect(plane).toMatchObject({
      CRTC_W: 1024,
      CRTC_H: 768,
      SRC_W: 1024 * 65536,
      FB_ID: before.framebuffers.ids[0],
    });

    close();
    expect(firstPixel(card)).toBe(CONSOLE);
    before.close();
    kernel.assertNothingLeft();
  });

  it('puts a plane back that the modeset took off', async () => {
    const { kernel, card, before } = await machine({ overlays: 1 });
    const overlay = card.planes[1];
    for (const [name, value] of Object.entries({
      CRTC_ID: before.display.crtcId,
      FB_ID: before.framebuffers.ids[0] ?? 0,
      CRTC_W: 1024,
      CRTC_H: 768,
      SRC_W: 1024 * 65536,
      SRC_H: 768 * 65536,
    })) {
      overlay?.values.set(name, value);
    }
    const shown = values(card, overlay?.id ?? 0);
    const { saved, close } = await present(kernel, [320, 240], CAMERA);
    expect(overlay?.value('CRTC_ID')).toBe(0);
    await saved.restore();
    expect(values(card, overlay?.id ?? 0)).toEqual(shown);
    close();
  });

  it('leaves a screen dark that was dark', async () => {
    const kernel = new FakeKernel();
    kernel.addHeap('default_cma_region', { contiguous: true });
    const card = kernel.addCard();
    const { saved, close } = await present(kernel, [640, 480], CAMERA);
    expect(await saved.restore()).toEqual({ outcome: 'restored' });
    expect(card.screen()).toBeUndefined();
    expect(card.crtcs[0]?.value('MODE_ID')).toBe(0);
    close();
    kernel.assertNothingLeft();
  });

  it('restores the mode where the program that set it has ended, and its blob with it', async () => {
    const { kernel, card, before } = await machine();
    const { saved, close } = await present(kernel, [320, 240], CAMERA);
    before.modeset.close();
    expect(blobs(kernel)).toHaveLength(2);
    expect(await saved.restore()).toEqual({ outcome: 'restored' });
    expect(blobs(kernel)).toHaveLength(1);
    expect(card.screen()).toMatchObject({ width: 1024, height: 768 });
    close();
    before.close();
    kernel.assertNothingLeft();
  });

  it('switches the display off where the old framebuffer is gone', async () => {
    const { kernel, card, before } = await machine();
    const { display, saved, close } = await present(kernel, [320, 240], CAMERA, true);
    before.framebuffers.remove();
    expect(await saved.restore()).toMatchObject({
      outcome: 'off',
      error: { syscall: 'DRM_IOCTL_MODE_ATOMIC' },
    });
    expect(card.screen()).toBeUndefined();
    expect(card.inodesOnScreen()).toEqual([]);
    expect(values(card, display.planeId)).toMatchObject({ FB_ID: 0, CRTC_ID: 0 });
    expect(values(card, display.crtcId)).toMatchObject({ ACTIVE: 0, MODE_ID: 0 });
    expect(values(card, display.connector.id)).toMatchObject({ CRTC_ID: 0 });
    close();
    before.close();
    kernel.assertNothingLeft();
  });

  it('leaves the screen to another DRM master', async () => {
    const { kernel, card, before } = await machine();
    const { saved, close } = await present(kernel, [320, 240], CAMERA);
    card.anotherMaster();
    expect(await saved.restore()).toMatchObject({ outcome: 'left', error: { code: 'EACCES' } });
    close();
    before.close();
    kernel.assertNothingLeft();
  });

  it('restores once, however often it is asked', async () => {
    const { kernel, before } = await machine();
    const { saved, close } = await present(kernel, [320, 240], CAMERA);
    kernel.log.length = 0;
    const [first, second] = await Promise.all([saved.restore(), saved.restore()]);
    expect(second).toBe(first);
    expect(await saved.restore()).toBe(first);
    expect(kernel.requests('DRM_IOCTL_MODE_ATOMIC')).toHaveLength(1);
    close();
    before.close();
    kernel.assertNothingLeft();
  });

  it('keeps no blob where saving fails', async () => {
    const { kernel, before } = await machine();
    const display = Display.open(kernel);
    const { crtc } = display.properties;
    kernel.fail('DRM_IOCTL_MODE_CREATEPROPBLOB', 'ENOMEM', { after: 1 });
    const changes = [crtc.set('MODE_ID', 0), crtc.set('MODE_ID', 0)];
    expect(() => SavedState.save(display, changes)).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
    expect(blobs(kernel)).toHaveLength(1);
    display.close();
    before.close();
    kernel.assertNothingLeft();
  });
});
