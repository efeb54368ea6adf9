import * as kms from '../native/kms';
import { CardFile } from './card-file';
import type { FakeCardOptions } from './card-options';
import { Errno } from './errno';
import { FakeCard, type FakeConnector } from './fake-card';
import { FakeV4l2 } from './fake-v4l2';
import { propertyFlags } from './mode-objects';

const DRM_MAJOR = 226;
const PRIME_IMPORT_EXPORT = 3;
const [CONNECTED, DISCONNECTED, UNKNOWN] = [1, 2, 3];
/** Smallest and largest framebuffer, pixels: vkms's. */
export const [MIN_SIZE, MAX_SIZE] = [10, 8192];
/** Fourth layer: DRM cards, and what they say about themselves. */
export class FakeDrm extends FakeV4l2 {
  readonly cards: FakeCard[] = [];

  /** Adds /dev/dri/cardN with its entries in /sys/class/drm. */
  addCard(options: FakeCardOptions = {}): FakeCard {
    const path = options.path ?? `/dev/dri/card${this.cards.length}`;
    const card = new FakeCard(path, options);
    this.cards.push(card);
    this.tree.addNode(path, card, DRM_MAJOR);
    const name = path.split('/').pop();
    this.tree.addText(`/sys/class/drm/${name}/dev`, () => `${this.tree.node(path)?.status.device}\n`);
    for (const output of card.outputs) {
      const status = () => `${['', 'connected', 'disconnected', 'unknown'][connection(output)]}\n`;
      this.tree.addText(`/sys/class/drm/${name}-${output.name}/status`, status);
    }
    return card;
  }

  drmVersion(fd: number): kms.DrmVersion {
    return this.onCard('DRM_IOCTL_VERSION', fd, {}, ({ options }) => {
      const { driver = 'vkms', description = `Fake ${driver}` } = options;
      return { name: driver, description };
    });
  }

  drmGetCap(fd: number, capability: number): number {
    return this.onCard('DRM_IOCTL_GET_CAP', fd, { capability }, (card) => {
      if (capability === kms.DRM_CAP_PRIME) return PRIME_IMPORT_EXPORT;
      checkDisplay(card);
      if (capability === kms.DRM_CAP_ADDFB2_MODIFIERS) return 1;
      throw new Errno('EINVAL');
    });
  }

  drmSetClientCap(fd: number, capability: number, value: number): void {
    this.onCard('DRM_IOCTL_SET_CLIENT_CAP', fd, { capability, value }, (card, file) => {
      checkDisplay(card);
      const on = value !== 0;
      if (capability === kms.DRM_CLIENT_CAP_UNIVERSAL_PLANES) file.universalPlanes = on;
      else if (capability === kms.DRM_CLIENT_CAP_ATOMIC) {
        if (card.options.atomic === false) throw new Errno('EOPNOTSUPP');
        file.atomic = on;
        file.universalPlanes = on;
      } else if (capability === kms.DRM_CLIENT_CAP_WRITEBACK_CONNECTORS && file.atomic) {
        file.writebackConnectors = on;
      } else throw new Errno('EINVAL');
    });
  }

  drmIsMaster(fd: number): boolean {
    return this.onCard('DRM_IOCTL_AUTH_MAGIC', fd, {}, (card, file) => card.master === file);
  }

  drmSetMaster(fd: number): void {
    this.onCard('DRM_IOCTL_SET_MASTER', fd, {}, (card, file) => {
      if (card.master && card.master !== file) throw new Errno('EBUSY');
      card.master = file;
    });
  }

  drmDropMaster(fd: number): void {
    this.onCard('DRM_IOCTL_DROP_MASTER', fd, {}, (card, file) => {
      if (card.master !== file) throw new Errno('EINVAL');
      card.master = undefined;
    });
  }

  kmsResources(fd: number): kms.KmsResources {
    return this.onCard('DRM_IOCTL_MODE_GETRESOURCES', fd, {}, (card, file) => {
      checkDisplay(card);
      const outputs = card.outputs.filter(({ type }) => isVisible(type, file));
      return {
        crtcs: card.crtcs.map(({ id }) => id),
        connectors: outputs.map(({ object }) => object.id),
        encoders: card.outputs.map(({ encoderId }) => encoderId),
        minWidth: MIN_SIZE,
        maxWidth: MAX_SIZE,
        minHeight: MIN_SIZE,
        maxHeight: MAX_SIZE,
      };
    });
  }

  kmsConnector(fd: number, id: number, probe: boolean): kms.KmsConnector {
    return this.onCard('DRM_IOCTL_MODE_GETCONNECTOR', fd, { id, probe }, (card) => {
      checkDisplay(card);
      const output = card.outputs.find(({ object }) => object.id === id);
      if (!output) throw new Errno('ENOENT');
      if (probe) output.probed = true;
      const { object, name, type, encoderId, modes } = output;
      const state = connection(output);
      return {
        id,
        name,
        type,
        connection: state,
        widthMm: 0,
        heightMm: 0,
        encoderId: object.value('CRTC_ID') === 0 ? 0 : encoderId,
        possibleCrtcs: object.possibleCrtcs,
        modes: state === CONNECTED ? modes.map((mode) => ({ ...mode })) : [],
      };
    });
  }

  kmsPlanes(fd: number): number[] {
    return this.onCard('DRM_IOCTL_MODE_GETPLANERESOURCES', fd, {}, (card, file) => {
      checkDisplay(card);
      return card.planes
        .filter((plane) => file.universalPlanes || plane.value('type') === 0)
        .map(({ id }) => id);
    });
  }

  kmsPlane(fd: number, id: number): kms.KmsPlane {
    return this.onCard('DRM_IOCTL_MODE_GETPLANE', fd, { id }, (card) => {
      checkDisplay(card);
      const plane = card.planes.find((candidate) => candidate.id === id);
      if (!plane) throw new Errno('ENOENT');
      const { possibleCrtcs } = plane;
      return {
        id,
        crtcId: plane.value('CRTC_ID'),
        fbId: plane.value('FB_ID'),
        possibleCrtcs,
        formats: [...card.formats],
      };
    });
  }

  kmsProperties(fd: number, objectId: number, type: kms.KmsObjectType): kms.KmsProperty[] {
    return this.onCard('DRM_IOCTL_MODE_OBJ_GETPROPERTIES', fd, { objectId, type }, (card, file) => {
      checkDisplay(card);
      const object = card.object(objectId);
      if (object?.type !== type) throw new Errno('ENOENT');
      return object.definitions
        .filter(({ atomic }) => !atomic || file.atomic)
        .map((definition) => ({
          id: card.propertyId(definition.name),
          name: definition.name,
          value: object.value(definition.name),
          flags: propertyFlags(definition),
          enums: [...(definition.enums ?? [])],
        }));
    });
  }

  kmsGetBlob(fd: number, blobId: number): Uint8Array | undefined {
    return this.onCard('DRM_IOCTL_MODE_GETPROPBLOB', fd, { blobId }, (card) => card.blob(blobId)?.slice());
  }

  kmsCreateBlob(fd: number, data: Uint8Array): number {
    return this.onCard('DRM_IOCTL_MODE_CREATEPROPBLOB', fd, { length: data.byteLength }, (card, file) => {
      checkDisplay(card);
      if (data.byteLength === 0) throw new Errno('EINVAL');
      const id = card.addBlob(data);
      file.blobs.add(id);
      return id;
    });
  }

  kmsDestroyBlob(fd: number, blobId: number): void {
    this.onCard('DRM_IOCTL_MODE_DESTROYPROPBLOB', fd, { blobId }, (card, file) => {
      if (!card.blob(blobId)) throw new Errno('ENOENT');
      if (!file.blobs.delete(blobId)) throw new Errno('EPERM');
      card.removeBlob(blobId);
    });
  }

  override left(): string[] {
    const files = this.cards.flatMap((card) =>
      [...card.files].flatMap((file) => [
        ...[...file.handles.keys()].map((handle) => `GEM handle ${handle} on ${card.path}`),
        ...[...file.framebuffers].map((id) => `framebuffer ${id} on ${card.path}`),
        ...[...file.blobs].map((id) => `property blob ${id} on ${card.path}`),
        ...(card.master === file ? [`DRM master of ${card.path}`] : []),
      ]),
    );
    return [...super.left(), ...files];
  }

  /** One ioctl on a card. */
  protected onCard<R>(
    syscall: string,
    fd: number,
    args: Record<string, unknown>,
    action: (card: FakeCard, file: CardFile) => R,
  ): R {
    return this.ioctl(syscall, fd, CardFile, args, (file) => {
      const card = this.cards.find(({ files }) => files.has(file));
      if (!card) throw new Errno('ENODEV');
      return action(card, file);
    });
  }
}

/** A card without a display knows none of the KMS requests. */
export function checkDisplay(card: FakeCard): void {
  if (!card.hasDisplay) throw new Errno('EOPNOTSUPP');
}

function isVisible(type: number, file: CardFile): boolean {
  return type !== kms.DRM_MODE_CONNECTOR_WRITEBACK || file.writebackConnectors;
}

function connection({ probed, connected }: FakeConnector): number {
  if (!probed) return UNKNOWN;
  return connected ? CONNECTED : DISCONNECTED;
}
