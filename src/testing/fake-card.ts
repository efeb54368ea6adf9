import { DRM_MODE_CONNECTOR_WRITEBACK, type KmsFramebufferRequest, type KmsMode } from '../native/kms';
import { CardFile } from './card-file';
import { connectorType, defaultModes, type FakeCardOptions, makeMode } from './card-options';
import { Errno } from './errno';
import { FakeConsole, NO_INODE } from './fake-console';
import { FakeCrtc, type FakeScreen } from './fake-crtc';
import type { FakeDmaBuf } from './fake-dma-buf';
import type { FakeDevice, FileSubject } from './fake-tree';
import { FakeFramebuffer } from './framebuffer';
import { encodeInFormats } from './in-formats';
import * as objects from './mode-objects';
import { fourcc } from './pixels';

/** A connector's own state, beside its properties. Change `connected` and `modes` as a plug does. */
export interface FakeConnector {
  readonly object: objects.ModeObject;
  readonly name: string;
  readonly type: number;
  readonly encoderId: number;
  connected: boolean;
  modes: KmsMode[];
  /** Whether anyone has asked the hardware; before that nothing is known of it. */
  probed: boolean;
}

const DEFAULT_FORMATS = ['XR24', 'AR24', 'XB24', 'AB24', 'RG24', 'BG24', 'RG16', 'NV12'];
const WRITEBACK_FORMATS = ['AR24', 'XR24', 'AB24', 'RG16'];
const FIRST_OBJECT_ID = 31;
const LINEAR = 0n;

/** A fake DRM card. Made by `kernel.addCard()`. */
export class FakeCard implements FakeDevice {
  readonly crtcs: objects.ModeObject[] = [];
  readonly planes: objects.ModeObject[] = [];
  readonly outputs: FakeConnector[] = [];
  readonly formats: readonly number[];
  readonly files = new Set<CardFile>();
  /** `vblank` or `manual`; may be changed at any time. */
  flips: 'vblank' | 'manual';
  /** The DRM master: an open file of this process, the name of another process, or nobody. */
  master: CardFile | string | undefined;
  readonly #scanouts = new Map<number, FakeCrtc>();
  readonly #framebuffers = new Map<number, FakeFramebuffer>();
  readonly #blobs = new Map<number, Uint8Array>();
  readonly #propertyIds = new Map<string, number>();
  readonly #console: FakeConsole;
  #nextId = FIRST_OBJECT_ID;

  constructor(
    readonly path: string,
    readonly options: FakeCardOptions,
  ) {
    this.flips = options.flips ?? 'vblank';
    this.formats = (options.formats ?? DEFAULT_FORMATS).map(fourcc);
    const displays = options.displays ?? [{}];
    const all = (1 << displays.length) - 1;
    for (const index of displays.keys()) {
      this.#addPlane(objects.PLANE_PRIMARY, 1 << index);
      if (options.cursor) this.#addPlane(objects.PLANE_CURSOR, 1 << index);
    }
    for (let overlay = 0; overlay < (options.overlays ?? 0); overlay++)
      this.#addPlane(objects.PLANE_OVERLAY, all);
    for (const index of displays.keys()) {
      const crtc = new objects.ModeObject(this.#nextId++, 'crtc', index, objects.crtcProperties, 0);
      this.crtcs.push(crtc);
      this.#scanouts.set(crtc.id, new FakeCrtc(crtc.id, () => this.flips === 'vblank'));
      if (options.writeback ?? true) this.#addWriteback(index);
    }
    for (const [index, display] of displays.entries()) {
      const name = display.name ?? `Virtual-${index + 1}`;
      const connector = this.#addConnector(name, connectorType(name), index, objects.connectorProperties);
      connector.connected = display.connected ?? true;
      connector.modes = (display.modes ?? defaultModes()).map(makeMode);
      connector.probed = options.probed ?? true;
    }
    this.#console = new FakeConsole(this);
    this.#console.show();
  }

  get hasDisplay(): boolean {
    return this.crtcs.length > 0;
  }

  get connectors(): objects.ModeObject[] {
    return this.outputs.map(({ object }) => object);
  }

  get primaryCoversMode(): boolean {
    return this.options.primaryCoversMode ?? false;
  }

  /** The connector of that name, to plug and unplug. */
  connector(name: string): FakeConnector {
    const found = this.outputs.find((output) => output.name === name);
    if (!found)
      throw new RangeError(`${this.path} has no connector ${name}: ${this.outputs.map((o) => o.name)}`);
    return found;
  }

  /** What the display shows now; undefined while it is off. Without a CRTC id: the first that is on. */
  screen(crtcId?: number): FakeScreen | undefined {
    for (const crtc of this.#scanouts.values()) {
      const screen = crtcId === undefined || crtc.id === crtcId ? crtc.screen() : undefined;
      if (screen) return screen;
    }
    return undefined;
  }

  /** Inodes of the dma-bufs that are on screen now. */
  inodesOnScreen(): number[] {
    const layers = [...this.#scanouts.values()].flatMap((crtc) => crtc.layers);
    return [...new Set(layers.flatMap(({ framebuffer }) => framebuffer.inodes))].filter(
      (inode) => inode !== NO_INODE,
    );
  }

  /** Brings pending commits on screen (all, or one CRTC's). False where none was pending. */
  flip(crtcId?: number): boolean {
    const crtcs = [...this.#scanouts.values()].filter(({ id }) => crtcId === undefined || id === crtcId);
    return crtcs.map((crtc) => crtc.flip()).includes(true);
  }

  /** Another process becomes DRM master, whoever was it before: commits are EACCES until `releaseMaster()`. */
  anotherMaster(name = 'compositor'): void {
    this.master = name;
  }

  releaseMaster(): void {
    if (typeof this.master === 'string') this.master = undefined;
  }

  open(path: string): FileSubject {
    const file = new CardFile(path, (closed) => this.#closed(closed));
    this.files.add(file);
    this.master ??= file;
    return file;
  }

  scanout(crtcId: number): FakeCrtc {
    const crtc = this.#scanouts.get(crtcId);
    if (!crtc) throw new Errno('ENOENT');
    return crtc;
  }

  object(id: number): objects.ModeObject | undefined {
    return [...this.crtcs, ...this.planes, ...this.connectors].find((object) => object.id === id);
  }

  propertyId(name: string): number {
    const id = this.#propertyIds.get(name) ?? this.#nextId++;
    this.#propertyIds.set(name, id);
    return id;
  }

  blob(id: number): Uint8Array | undefined {
    return this.#blobs.get(id);
  }

  addBlob(data: Uint8Array): number {
    const id = this.#nextId++;
    this.#blobs.set(id, data.slice());
    return id;
  }

  /** A blob that is the mode of a CRTC lives on, as in the kernel. */
  removeBlob(id: number): void {
    if (!this.crtcs.some((crtc) => crtc.value('MODE_ID') === id)) this.#blobs.delete(id);
  }

  framebuffer(id: number): FakeFramebuffer | undefined {
    return this.#framebuffers.get(id);
  }

  addFramebuffer(request: KmsFramebufferRequest, buffers: readonly FakeDmaBuf[]): FakeFramebuffer {
    const { fourcc: code, modifier } = request;
    const known = modifier === undefined || modifier === LINEAR || this.options.modifiers?.includes(modifier);
    if (!this.formats.includes(code) || !known) throw new Errno('EINVAL');
    const framebuffer = new FakeFramebuffer(this.#nextId++, request, buffers);
    this.#framebuffers.set(framebuffer.id, framebuffer);
    return framebuffer;
  }

  /** RMFB: a framebuffer on screen goes off, with its plane. */
  removeFramebuffer(id: number): void {
    const framebuffer = this.#framebuffers.get(id);
    if (!framebuffer) return;
    for (const plane of this.planes) {
      if (plane.value('FB_ID') !== id) continue;
      plane.values.set('FB_ID', 0);
      plane.values.set('CRTC_ID', 0);
    }
    for (const crtc of this.#scanouts.values()) crtc.takeOff(framebuffer);
    this.#framebuffers.delete(id);
    framebuffer.remove();
  }

  supports(_plane: objects.ModeObject, framebuffer: FakeFramebuffer): boolean {
    return this.formats.includes(framebuffer.fourcc);
  }

  #closed(file: CardFile): void {
    this.files.delete(file);
    if (this.master === file) this.master = undefined;
    for (const id of file.framebuffers) this.removeFramebuffer(id);
    for (const id of file.blobs) this.removeBlob(id);
    if (this.files.size === 0) this.#console.show();
  }

  #addPlane(type: number, possibleCrtcs: number): void {
    const { modifiers } = this.options;
    const definitions = modifiers
      ? [...objects.planeProperties, objects.inFormatsProperty]
      : objects.planeProperties;
    const plane = new objects.ModeObject(
      this.#nextId++,
      'plane',
      this.planes.length,
      definitions,
      possibleCrtcs,
    );
    plane.values.set('type', type);
    if (modifiers) plane.values.set('IN_FORMATS', this.addBlob(encodeInFormats(this.formats, modifiers)));
    this.planes.push(plane);
  }

  #addWriteback(index: number): void {
    const type = DRM_MODE_CONNECTOR_WRITEBACK;
    const { object } = this.#addConnector(`Writeback-${index + 1}`, type, index, objects.writebackProperties);
    const formats = new Uint8Array(new Uint32Array(WRITEBACK_FORMATS.map(fourcc)).buffer);
    object.values.set('WRITEBACK_PIXEL_FORMATS', this.addBlob(formats));
  }

  #addConnector(
    name: string,
    type: number,
    crtc: number,
    definitions: readonly objects.PropertyDefinition[],
  ): FakeConnector {
    const encoderId = this.#nextId++;
    const object = new objects.ModeObject(
      this.#nextId++,
      'connector',
      this.outputs.length,
      definitions,
      1 << crtc,
    );
    // A writeback connector has every mode, and is connected as soon as anyone asks.
    const connector = {
      object,
      name,
      type,
      encoderId,
      connected: true,
      modes: defaultModes().map(makeMode),
      probed: false,
    };
    this.outputs.push(connector);
    return connector;
  }
}
