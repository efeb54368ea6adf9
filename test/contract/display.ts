/** A display that is set up for a test: the connector, CRTC and primary plane of vkms, with their property ids. */
import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_CLIENT_CAP_WRITEBACK_CONNECTORS,
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_CONNECTED,
  DRM_MODE_CONNECTOR_WRITEBACK,
  type KmsCommitRequest,
  type KmsFlipEvent,
  type KmsMode,
  type KmsObjectType,
  type KmsPropertyValue,
} from '../../src/native/kms';
import { fourcc } from '../../src/testing/pixels';
import { type Session, until } from './bench';

export const WIDTH = 640;
export const HEIGHT = 480;
const STRIDE = WIDTH * 4;
const PRIMARY = 1;

interface Framebuffer {
  /** Framebuffer id. */
  id: number;
  /** The dma-buf. */
  fd: number;
}

export class Display {
  readonly fd: number;
  readonly crtc: number;
  readonly connector: number;
  readonly writeback: number;
  readonly plane: number;
  readonly mode: KmsMode;
  readonly modeBlob: number;
  readonly #properties = new Map<number, Map<string, number>>();

  constructor(private readonly session: Session) {
    const { kernel, bench } = session;
    this.fd = session.open(bench.card, { access: 'read-write' });
    kernel.drmSetClientCap(this.fd, DRM_CLIENT_CAP_ATOMIC, 1);
    kernel.drmSetClientCap(this.fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
    const { crtcs, connectors } = kernel.kmsResources(this.fd);
    const [crtc = 0] = crtcs;
    const all = connectors.map((id) => kernel.kmsConnector(this.fd, id, true));
    // A writeback connector counts as connected too.
    const connector = all.find(
      ({ connection, type }) => connection === DRM_MODE_CONNECTED && type !== DRM_MODE_CONNECTOR_WRITEBACK,
    );
    const mode = connector?.modes.find(({ width, height }) => width === WIDTH && height === HEIGHT);
    if (!connector || !mode) throw new Error(`no ${WIDTH}x${HEIGHT} on ${bench.card}`);
    this.crtc = crtc;
    this.connector = connector.id;
    this.writeback = all.find(({ type }) => type === DRM_MODE_CONNECTOR_WRITEBACK)?.id ?? 0;
    this.mode = mode;
    this.plane = kernel.kmsPlanes(this.fd).find((id) => this.value(id, 'plane', 'type') === PRIMARY) ?? 0;
    this.modeBlob = kernel.kmsCreateBlob(this.fd, mode.blob);
  }

  value(objectId: number, type: KmsObjectType, name: string): number | undefined {
    return this.session.kernel
      .kmsProperties(this.fd, objectId, type)
      .find((property) => property.name === name)?.value;
  }

  set(objectId: number, type: KmsObjectType, values: Record<string, number>): KmsPropertyValue[] {
    return Object.entries(values).map(([name, value]) => ({
      objectId,
      propertyId: this.property(objectId, type, name),
      value,
    }));
  }

  property(objectId: number, type: KmsObjectType, name: string): number {
    const known = this.#properties.get(objectId) ?? new Map<string, number>();
    if (known.size === 0) {
      for (const property of this.session.kernel.kmsProperties(this.fd, objectId, type)) {
        known.set(property.name, property.id);
      }
      this.#properties.set(objectId, known);
    }
    const id = known.get(name);
    if (id === undefined)
      throw new Error(`${type} ${objectId} has no ${name}: ${[...known.keys()].join(', ')}`);
    return id;
  }

  /** An XRGB8888 framebuffer over a new dma-buf, its GEM handle closed at once. */
  framebuffer(width = WIDTH, height = HEIGHT): Framebuffer {
    const fd = this.session.alloc(this.session.bench.contiguousHeap, width * height * 4);
    return { id: this.framebufferOf(fd, width, height), fd };
  }

  framebufferOf(dmaBuf: number, width = WIDTH, height = HEIGHT): number {
    const { kernel } = this.session;
    const handle = kernel.kmsPrimeImport(this.fd, dmaBuf);
    const planes = [{ handle, stride: width * 4, offset: 0 }];
    const id = kernel.kmsAddFramebuffer(this.fd, { width, height, fourcc: fourcc('XR24'), planes });
    kernel.kmsGemClose(this.fd, handle);
    return id;
  }

  /** The properties of a modeset with this framebuffer over the whole screen. */
  modeset(framebuffer: number): KmsPropertyValue[] {
    return [
      ...this.set(this.crtc, 'crtc', { ACTIVE: 1, MODE_ID: this.modeBlob }),
      ...this.set(this.connector, 'connector', { CRTC_ID: this.crtc }),
      ...this.set(this.plane, 'plane', {
        CRTC_ID: this.crtc,
        CRTC_X: 0,
        CRTC_Y: 0,
        CRTC_W: WIDTH,
        CRTC_H: HEIGHT,
        SRC_X: 0,
        SRC_Y: 0,
        SRC_W: WIDTH * 0x10000,
        SRC_H: HEIGHT * 0x10000,
        FB_ID: framebuffer,
      }),
    ];
  }

  flip(framebuffer: number): KmsPropertyValue[] {
    return this.set(this.plane, 'plane', { FB_ID: framebuffer });
  }

  commit(properties: KmsPropertyValue[], flags = 0, more: Partial<KmsCommitRequest> = {}): number[] {
    return this.session.kernel.kmsCommit(this.fd, { properties, flags, ...more });
  }

  /** A blocking modeset; the picture is on screen afterwards, and off again at the end. */
  show(framebuffer: number): void {
    this.offAtEnd();
    this.commit(this.modeset(framebuffer), DRM_MODE_ATOMIC_ALLOW_MODESET);
  }

  offAtEnd(): void {
    this.session.atEnd(() => this.off());
  }

  off(): void {
    const connectors = [this.connector, this.writeback].flatMap((id) =>
      this.set(id, 'connector', { CRTC_ID: 0 }),
    );
    const properties = [
      ...this.set(this.crtc, 'crtc', { ACTIVE: 0, MODE_ID: 0 }),
      ...connectors,
      ...this.set(this.plane, 'plane', { CRTC_ID: 0, FB_ID: 0 }),
    ];
    this.commit(properties, DRM_MODE_ATOMIC_ALLOW_MODESET);
  }

  nextFlip(): Promise<KmsFlipEvent> {
    return until(() => this.session.kernel.kmsReadEvents(this.fd)[0]);
  }

  /** Fills a dma-buf with one XRGB8888 pixel value for each row, `first + y`. */
  paintRows(dmaBuf: number, first: number): void {
    const { kernel } = this.session;
    const mapping = kernel.dmaBufMap(dmaBuf, STRIDE * HEIGHT);
    const rows = new Uint32Array(kernel.dmaBufView(mapping));
    for (let y = 0; y < HEIGHT; y++) rows.fill(first + y, y * WIDTH, (y + 1) * WIDTH);
    kernel.dmaBufUnmap(mapping);
  }

  /** The pixel at the left of some rows, without the X byte. */
  readRows(dmaBuf: number, rows: readonly number[]): number[] {
    const { kernel } = this.session;
    const mapping = kernel.dmaBufMap(dmaBuf, STRIDE * HEIGHT);
    const pixels = new Uint32Array(kernel.dmaBufView(mapping));
    const read = rows.map((y) => (pixels[y * WIDTH] ?? 0) & 0xffffff);
    kernel.dmaBufUnmap(mapping);
    return read;
  }
}
