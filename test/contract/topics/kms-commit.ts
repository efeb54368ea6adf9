import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY,
  DRM_MODE_PAGE_FLIP_EVENT,
} from '../../../src/native/kms';
import { overKernel, refusal, thrownBy } from '../bench';
import { Display, HEIGHT, WIDTH } from '../display';

const FLIP = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;
const ATOMIC = 'DRM_IOCTL_MODE_ATOMIC';

overKernel((session) => {
  describe('a test commit', () => {
    it('changes nothing', () => {
      const { kernel } = session();
      const display = new Display(session());
      const { id } = display.framebuffer();
      const state = () => [
        display.value(display.crtc, 'crtc', 'MODE_ID'),
        kernel.kmsPlane(display.fd, display.plane).fbId,
      ];
      const before = state();
      display.commit(display.modeset(id), DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET);
      expect(state()).toEqual(before);
      expect(before).not.toContain(id);
    });

    it('cannot ask for an event', () => {
      const display = new Display(session());
      const { id } = display.framebuffer();
      const flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_PAGE_FLIP_EVENT;
      expect(thrownBy(() => display.commit(display.modeset(id), flags))).toEqual(refusal(ATOMIC, 'EINVAL'));
    });

    it.each([
      ['scaling', { CRTC_W: 320, CRTC_H: 240 }, 'ERANGE'],
      ['a source outside of the framebuffer', { SRC_X: 0x10000 }, 'ENOSPC'],
      ['a plane without a framebuffer', { FB_ID: 0 }, 'EINVAL'],
      ['a framebuffer without a CRTC', { CRTC_ID: 0 }, 'EINVAL'],
      ['a framebuffer that is not there', { FB_ID: 9999 }, 'EINVAL'],
      ['a property that cannot change', { type: 0 }, 'EINVAL'],
      ['a fence that is none', { IN_FENCE_FD: 9999 }, 'EINVAL'],
    ])('refuses %s', (_what, values, code) => {
      const display = new Display(session());
      const { id } = display.framebuffer();
      const properties = [
        ...display.modeset(id),
        ...display.set(display.plane, 'plane', values as Record<string, number>),
      ];
      const flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
      expect(thrownBy(() => display.commit(properties, flags))).toEqual(refusal(ATOMIC, code));
    });

    it('refuses objects and properties that are not there', () => {
      const display = new Display(session());
      const test = (objectId: number, propertyId: number) =>
        thrownBy(() => display.commit([{ objectId, propertyId, value: 0 }], DRM_MODE_ATOMIC_TEST_ONLY));
      const active = display.property(display.crtc, 'crtc', 'ACTIVE');
      expect(test(9999, active)).toEqual(refusal(ATOMIC, 'ENOENT'));
      expect(test(display.plane, active)).toEqual(refusal(ATOMIC, 'ENOENT'));
    });

    it('refuses a mode without a connector, and a CRTC that is on without a mode', () => {
      const display = new Display(session());
      const flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
      const unplugged = display.set(display.connector, 'connector', { CRTC_ID: 0 });
      for (const MODE_ID of [display.modeBlob, 0]) {
        const properties = [...display.set(display.crtc, 'crtc', { ACTIVE: 1, MODE_ID }), ...unplugged];
        expect(thrownBy(() => display.commit(properties, flags))).toEqual(refusal(ATOMIC, 'EINVAL'));
      }
    });
  });

  describe('a commit', () => {
    it('needs permission for a modeset', () => {
      const display = new Display(session());
      const { id } = display.framebuffer();
      expect(thrownBy(() => display.commit(display.modeset(id)))).toEqual(
        refusal(ATOMIC, 'EINVAL', session().bench.card),
      );
    });

    it('without an event returns when it is on screen', () => {
      const { kernel } = session();
      const display = new Display(session());
      const { id } = display.framebuffer();
      display.show(id);
      expect(kernel.kmsPlane(display.fd, display.plane)).toMatchObject({ crtcId: display.crtc, fbId: id });
      expect(kernel.kmsConnector(display.fd, display.connector, false).encoderId).not.toBe(0);
      expect(display.value(display.crtc, 'crtc', 'MODE_ID')).not.toBe(0);
      expect(kernel.kmsReadEvents(display.fd)).toEqual([]);
      display.off();
      expect(kernel.kmsPlane(display.fd, display.plane)).toMatchObject({ crtcId: 0, fbId: 0 });
    });

    it('may be made on another thread', async () => {
      const { kernel } = session();
      const display = new Display(session());
      const { id } = display.framebuffer();
      display.offAtEnd();
      const request = { properties: display.modeset(id), flags: DRM_MODE_ATOMIC_ALLOW_MODESET };
      await expect(kernel.kmsCommitAsync(display.fd, request)).resolves.toEqual([]);
      expect(kernel.kmsPlane(display.fd, display.plane).fbId).toBe(id);
      await expect(
        kernel.kmsCommitAsync(display.fd, { ...request, properties: display.flip(9999) }),
      ).rejects.toEqual(refusal(ATOMIC, 'EINVAL', session().bench.card));
    });

    it('reports the flip, once, with what the caller passed', async () => {
      const { kernel } = session();
      const display = new Display(session());
      const [first, second] = [display.framebuffer(), display.framebuffer()];
      display.show(first.id);
      display.commit(display.flip(second.id), FLIP, { userData: 1234 });
      const event = await display.nextFlip();
      expect(event).toMatchObject({ crtcId: display.crtc, userData: 1234 });
      expect(Number.isInteger(event.timestamp)).toBe(true);
      expect(kernel.kmsReadEvents(display.fd)).toEqual([]);
      display.commit(display.flip(first.id), FLIP);
      const next = await display.nextFlip();
      expect(next.userData).toBe(0);
      expect(next.timestamp).toBeGreaterThan(event.timestamp);
      expect(next.sequence).toBeGreaterThan(event.sequence);
    });

    it('is refused while another one is pending', async () => {
      const display = new Display(session());
      const [first, second] = [display.framebuffer(), display.framebuffer()];
      display.show(first.id);
      display.commit(display.flip(second.id), FLIP);
      expect(thrownBy(() => display.commit(display.flip(first.id), FLIP))).toEqual(
        refusal(ATOMIC, 'EBUSY', session().bench.card),
      );
      await display.nextFlip();
      display.commit(display.flip(first.id), FLIP);
      await display.nextFlip();
    });

    it('has no event on a CRTC that is off and stays off', () => {
      const display = new Display(session());
      display.off();
      const properties = display.set(display.crtc, 'crtc', { ACTIVE: 0 });
      expect(thrownBy(() => display.commit(properties, FLIP))).toEqual(refusal(ATOMIC, 'EINVAL'));
    });

    it('takes an in-fence and gives an out-fence', async () => {
      const { kernel } = session();
      const display = new Display(session());
      const [first, second] = [display.framebuffer(), display.framebuffer()];
      display.show(first.id);
      const fence = session().own(kernel.dmaBufExportSyncFile(second.fd, 3));
      const properties = [
        ...display.flip(second.id),
        ...display.set(display.plane, 'plane', { IN_FENCE_FD: fence }),
      ];
      const propertyId = display.property(display.crtc, 'crtc', 'OUT_FENCE_PTR');
      const outFences = [{ objectId: display.crtc, propertyId }];
      const [out = -1] = display.commit(properties, FLIP, { outFences });
      await expect(kernel.syncFileWait(session().own(out), 2000)).resolves.toBe(true);
      await display.nextFlip();
      expect(display.commit(display.flip(first.id), DRM_MODE_ATOMIC_TEST_ONLY, { outFences })).toEqual([-1]);
    });

    it('shows nothing of a framebuffer that is removed', () => {
      const { kernel } = session();
      const display = new Display(session());
      const { id } = display.framebuffer();
      display.show(id);
      kernel.kmsRemoveFramebuffer(display.fd, id);
      expect(kernel.kmsPlane(display.fd, display.plane)).toMatchObject({ crtcId: 0, fbId: 0 });
    });
  });

  describe('the writeback connector', () => {
    it('returns what is on the screen', async () => {
      const { kernel } = session();
      const display = new Display(session());
      const [picture, copy] = [display.framebuffer(), display.framebuffer()];
      display.paintRows(picture.fd, 0x102030);
      display.show(picture.id);
      const { writeback } = display;
      const properties = display.set(writeback, 'connector', {
        CRTC_ID: display.crtc,
        WRITEBACK_FB_ID: copy.id,
      });
      const propertyId = display.property(writeback, 'connector', 'WRITEBACK_OUT_FENCE_PTR');
      const outFences = [{ objectId: writeback, propertyId }];
      const flags = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_ATOMIC_ALLOW_MODESET;
      const [fence = -1] = display.commit(properties, flags, { outFences });
      await expect(kernel.syncFileWait(session().own(fence), 3000)).resolves.toBe(true);
      expect(display.readRows(copy.fd, [0, 1, HEIGHT - 1])).toEqual([
        0x102030,
        0x102031,
        0x102030 + HEIGHT - 1,
      ]);
    });

    it('wants a framebuffer of the size of the mode', () => {
      const display = new Display(session());
      const [picture, small] = [display.framebuffer(), display.framebuffer(WIDTH / 2, HEIGHT / 2)];
      display.show(picture.id);
      const values = { CRTC_ID: display.crtc, WRITEBACK_FB_ID: small.id };
      const properties = display.set(display.writeback, 'connector', values);
      const flags = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
      expect(thrownBy(() => display.commit(properties, flags))).toEqual(refusal(ATOMIC, 'EINVAL'));
    });
  });
});
