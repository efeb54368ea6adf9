import {
  DRM_CAP_ADDFB2_MODIFIERS,
  DRM_CAP_PRIME,
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_UNIVERSAL_PLANES,
  DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
  DRM_MODE_CONNECTOR_WRITEBACK,
  DRM_MODE_TYPE_PREFERRED,
} from '../../../src/native/kms';
import { fourcc } from '../../../src/testing/pixels';
import { overKernel, refusal, thrownBy } from '../bench';
import { Display } from '../display';

const MODE_BYTES = 68;
const ATOMIC_PROPERTY = 0x80000000;

overKernel((session) => {
  const openCard = () => session().open(session().bench.card, { access: 'read-write' });

  describe('a card without a display', () => {
    it('has a driver and PRIME, and none of the KMS requests', () => {
      const { kernel, bench } = session();
      const fd = session().open(bench.renderCard);
      expect(kernel.drmVersion(fd).name).toBe('vgem');
      expect(kernel.drmGetCap(fd, DRM_CAP_PRIME)).toBe(3);
      const refused = (syscall: string) => refusal(syscall, 'EOPNOTSUPP', bench.renderCard);
      expect(thrownBy(() => kernel.kmsResources(fd))).toEqual(refused('DRM_IOCTL_MODE_GETRESOURCES'));
      expect(thrownBy(() => kernel.kmsPlanes(fd))).toEqual(refused('DRM_IOCTL_MODE_GETPLANERESOURCES'));
      expect(thrownBy(() => kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1))).toEqual(
        refused('DRM_IOCTL_SET_CLIENT_CAP'),
      );
      expect(thrownBy(() => kernel.drmGetCap(fd, DRM_CAP_ADDFB2_MODIFIERS))).toEqual(
        refused('DRM_IOCTL_GET_CAP'),
      );
    });
  });

  describe('a display card', () => {
    it('has CRTCs, encoders, connectors and limits', () => {
      const { kernel } = session();
      const fd = openCard();
      expect(kernel.drmVersion(fd).name).toBe('vkms');
      const resources = kernel.kmsResources(fd);
      expect(resources.crtcs).toHaveLength(1);
      expect(resources.connectors).toHaveLength(1);
      expect(resources.encoders.length).toBeGreaterThanOrEqual(1);
      expect(resources).toMatchObject({ minWidth: 10, maxWidth: 8192, minHeight: 10, maxHeight: 8192 });
      expect(kernel.drmGetCap(fd, DRM_CAP_ADDFB2_MODIFIERS)).toBe(1);
      expect(thrownBy(() => kernel.drmGetCap(fd, 0x9999))).toEqual(refusal('DRM_IOCTL_GET_CAP', 'EINVAL'));
    });

    it('has events, and no other file has', () => {
      const { kernel, bench } = session();
      expect(kernel.kmsReadEvents(openCard())).toEqual([]);
      const camera = session().open(bench.camera, { access: 'read-write', nonblock: true });
      expect(thrownBy(() => kernel.kmsReadEvents(camera))).toEqual(refusal('read', 'ENOTTY', bench.camera));
    });

    it('shows the writeback connector to clients that ask for it, after atomic', () => {
      const { kernel } = session();
      const fd = openCard();
      const ask = () => kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
      expect(thrownBy(ask)).toEqual(refusal('DRM_IOCTL_SET_CLIENT_CAP', 'EINVAL'));
      kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
      ask();
      const connectors = kernel.kmsResources(fd).connectors.map((id) => kernel.kmsConnector(fd, id, false));
      expect(connectors.map(({ name }) => name).sort()).toEqual(['Virtual-1', 'Writeback-1']);
      const writeback = connectors.find(({ type }) => type === DRM_MODE_CONNECTOR_WRITEBACK);
      expect(writeback).toMatchObject({ encoderId: 0, possibleCrtcs: 1 });
      expect(kernel.kmsConnector(fd, writeback?.id ?? 0, true)).toMatchObject({ connection: 1 });
    });

    it('describes a connector and its modes', () => {
      const { kernel } = session();
      const fd = openCard();
      const [id = 0] = kernel.kmsResources(fd).connectors;
      const connector = kernel.kmsConnector(fd, id, true);
      expect(connector).toMatchObject({
        id,
        name: 'Virtual-1',
        connection: 1,
        possibleCrtcs: 1,
      });
      const preferred = connector.modes.filter(({ type }) => (type & DRM_MODE_TYPE_PREFERRED) !== 0);
      expect(preferred[0]).toMatchObject({ name: '1024x768', width: 1024, height: 768 });
      expect(preferred[0]?.refresh).toBeCloseTo(60, 0);
      expect(connector.modes.every(({ blob }) => blob.byteLength === MODE_BYTES)).toBe(true);
      expect(thrownBy(() => kernel.kmsConnector(fd, 9999, false))).toEqual(
        refusal('DRM_IOCTL_MODE_GETCONNECTOR', 'ENOENT'),
      );
    });

    it('shows the console until someone commits, and again when the last client is gone', () => {
      const { kernel } = session();
      const fd = openCard();
      kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
      const [crtc = 0] = kernel.kmsResources(fd).crtcs;
      const [plane = 0] = kernel.kmsPlanes(fd);
      const console = kernel.kmsPlane(fd, plane);
      expect(console.crtcId).toBe(crtc);
      expect(console.fbId).not.toBe(0);
      kernel.close(fd);
      const display = new Display(session());
      display.off();
      expect(kernel.kmsPlane(display.fd, plane).fbId).toBe(0);
      kernel.close(display.fd);
      const again = openCard();
      expect(kernel.kmsPlane(again, plane)).toEqual(console);
    });

    it('shows primary planes to clients that ask for all planes', () => {
      const { kernel } = session();
      const fd = openCard();
      expect(kernel.kmsPlanes(fd)).toEqual([]);
      kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
      const planes = kernel.kmsPlanes(fd);
      expect(planes).toHaveLength(2);
      const plane = kernel.kmsPlane(fd, planes[0] ?? 0);
      expect(plane).toMatchObject({ id: planes[0], possibleCrtcs: 1 });
      expect(plane.formats).toEqual(expect.arrayContaining([fourcc('XR24'), fourcc('NV12')]));
      expect(thrownBy(() => kernel.kmsPlane(fd, 9999))).toEqual(refusal('DRM_IOCTL_MODE_GETPLANE', 'ENOENT'));
    });

    it('shows atomic properties to atomic clients', () => {
      const { kernel } = session();
      const fd = openCard();
      const [crtc = 0] = kernel.kmsResources(fd).crtcs;
      const names = () => kernel.kmsProperties(fd, crtc, 'crtc').map(({ name }) => name);
      expect(names()).not.toContain('MODE_ID');
      kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
      expect(names()).toEqual(expect.arrayContaining(['ACTIVE', 'MODE_ID', 'OUT_FENCE_PTR']));
      const [plane = 0] = kernel.kmsPlanes(fd);
      const properties = kernel.kmsProperties(fd, plane, 'plane');
      const type = properties.find(({ name }) => name === 'type');
      expect(type?.enums.find(({ value }) => value === type.value)?.name).toBe('Primary');
      const fence = properties.find(({ name }) => name === 'IN_FENCE_FD');
      expect(fence).toMatchObject({ value: -1 });
      expect(((fence?.flags ?? 0) & ATOMIC_PROPERTY) >>> 0).toBe(ATOMIC_PROPERTY);
      expect(thrownBy(() => kernel.kmsProperties(fd, 9999, 'plane'))).toEqual(
        refusal('DRM_IOCTL_MODE_OBJ_GETPROPERTIES', 'ENOENT'),
      );
    });
  });

  describe('a property blob', () => {
    it('is made, read and destroyed once', () => {
      const { kernel } = session();
      const fd = openCard();
      const id = kernel.kmsCreateBlob(fd, new Uint8Array([1, 2, 3]));
      expect([...(kernel.kmsGetBlob(fd, id) ?? [])]).toEqual([1, 2, 3]);
      kernel.kmsDestroyBlob(fd, id);
      expect(kernel.kmsGetBlob(fd, id)).toBeUndefined();
      expect(thrownBy(() => kernel.kmsDestroyBlob(fd, id))).toEqual(
        refusal('DRM_IOCTL_MODE_DESTROYPROPBLOB', 'ENOENT'),
      );
    });

    it('of another client can be read, not destroyed', () => {
      const { kernel } = session();
      const [owner, other] = [openCard(), openCard()];
      const id = kernel.kmsCreateBlob(owner, new Uint8Array([7]));
      expect(kernel.kmsGetBlob(other, id)?.byteLength).toBe(1);
      expect(thrownBy(() => kernel.kmsDestroyBlob(other, id))).toEqual(
        refusal('DRM_IOCTL_MODE_DESTROYPROPBLOB', 'EPERM'),
      );
    });
  });

  describe('DRM master', () => {
    it('is the first that opens, until it drops', () => {
      const { kernel } = session();
      const [first, second] = [openCard(), openCard()];
      expect([kernel.drmIsMaster(first), kernel.drmIsMaster(second)]).toEqual([true, false]);
      expect(thrownBy(() => kernel.drmSetMaster(second))).toEqual(refusal('DRM_IOCTL_SET_MASTER', 'EBUSY'));
      expect(thrownBy(() => kernel.drmDropMaster(second))).toEqual(
        refusal('DRM_IOCTL_DROP_MASTER', 'EINVAL'),
      );
      kernel.drmDropMaster(first);
      kernel.drmSetMaster(second);
      expect([kernel.drmIsMaster(first), kernel.drmIsMaster(second)]).toEqual([false, true]);
      kernel.drmSetMaster(second);
    });

    it('alone may commit', () => {
      const { kernel, bench } = session();
      const first = openCard();
      const display = new Display(session());
      expect(kernel.drmIsMaster(first)).toBe(true);
      const properties = display.set(display.crtc, 'crtc', { ACTIVE: 0 });
      expect(thrownBy(() => display.commit(properties))).toEqual(
        refusal('DRM_IOCTL_MODE_ATOMIC', 'EACCES', bench.card),
      );
    });
  });
});
