import { Display } from '../../../../src/devices/kms/display';
import { Framebuffers } from '../../../../src/devices/kms/framebuffers';
import { Modeset } from '../../../../src/devices/kms/modeset';
import { Writeback } from '../../../../src/devices/kms/writeback';
import { UnsupportedError } from '../../../../src/errors';
import { type FakeCardOptions, FakeKernel } from '../../../../src/testing';
import { show, TestPicture } from './fixture';

async function running({ writeback = true, card = {} as FakeCardOptions } = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('default_cma_region', { contiguous: true });
  const fake = kernel.addCard(card);
  const display = Display.open(kernel);
  const picture = new TestPicture(kernel, 'XRGB8888', [640, 480], { fill: 0x42 });
  const framebuffers = Framebuffers.import(display, picture.layout, [picture]);
  const [framebuffer = 0] = framebuffers.ids;
  const modeset = await Modeset.choose(display, framebuffer, {
    width: 640,
    height: 480,
    format: 'XRGB8888',
    writeback,
  });
  await show(display, modeset.properties, framebuffer);
  return { kernel, card: fake, display, modeset };
}

describe('Writeback', () => {
  it('reads the screen back by one commit without a modeset', async () => {
    const { kernel, card, display, modeset } = await running();
    expect(Writeback.format(display).name).toBe('XRGB8888');
    using target = new TestPicture(kernel, 'XRGB8888', [640, 480]);
    const writeback = Writeback.prepare(display, modeset, target.layout, target);
    const [fence = -1] = kernel.kmsCommit(display.card.fd, {
      properties: [...writeback.properties],
      flags: 0,
      outFences: [writeback.outFence],
    });
    expect(await kernel.syncFileWait(fence, 1000)).toBe(true);
    const pixels = kernel.bufferBytes(target.planes[0]?.fd ?? -1);
    expect([...pixels.subarray(0, 3), ...pixels.subarray(pixels.length - 4, pixels.length - 1)]).toEqual(
      Array(6).fill(0x42),
    );
    expect(writeback.outFence.objectId).toBe(card.connector('Writeback-1').object.id);
    kernel.close(fence);

    writeback.remove();
    writeback.remove();
    expect(kernel.requests('DRM_IOCTL_MODE_RMFB')).toHaveLength(1);
    expect(kernel.left().filter((line) => line.startsWith('GEM'))).toEqual([]);
  });

  it('refuses a target that is not of the size of the mode', async () => {
    const { kernel, display, modeset } = await running();
    using target = new TestPicture(kernel, 'XRGB8888', [320, 240]);
    expect(() => Writeback.prepare(display, modeset, target.layout, target)).toThrow(
      new RangeError('expected a writeback target of 640x480, got 320x240'),
    );
  });

  it('refuses where the connector is not attached: attaching it would be a modeset', async () => {
    const { kernel, display, modeset } = await running({ writeback: false });
    using target = new TestPicture(kernel, 'XRGB8888', [640, 480]);
    expect(() => Writeback.prepare(display, modeset, target.layout, target)).toThrow(/is not attached/);
  });

  it('refuses where the card has no writeback connector', async () => {
    const { display } = await running({ writeback: false, card: { writeback: false } });
    expect(() => Writeback.format(display)).toThrow(UnsupportedError);
    expect(() => Writeback.format(display)).toThrow('has no writeback connector');
  });

  it('says where the connector writes no format that dmaflow knows', async () => {
    const { display } = await running();
    const unknown = {
      ...display,
      writeback: { ...display.writeback, fourccs: [0x38345258] },
    } as unknown as Display;
    expect(() => Writeback.format(unknown)).toThrow('writes no format that dmaflow knows');
  });
});
