/**
 * A display: one connector with the CRTC and the primary plane that feed it, on a card of which this program
 * is DRM master. Nothing changes on the screen until a commit.
 */
import { UnsupportedError } from '../../errors';
import { formatFromDrmFourcc, type PixelFormat } from '../../formats/pixel-formats';
import type { Kernel } from '../../native/kernel';
import type { KmsConnector, KmsMode, KmsPlane } from '../../native/kms';
import { Card } from './card';
import { connectionName } from './connection';
import {
  type CardInUse,
  type ChosenDisplay,
  chooseDisplay,
  type DisplaySelector,
  objectsInUse,
} from './display-choice';
import { type ModeRequest, matchingModes, modeText, parseMode } from './mode-choice';
import { PlaneFormats } from './plane-formats';
import { FirstProperties, type PropertySet } from './properties';
import { findRoute, isWriteback } from './route';

export interface DisplayOptions extends DisplaySelector {
  /** `1280x720` or `1280x720@60`; left out: the mode that suits the frames. */
  mode?: string | undefined;
  /**
   * A DRM fd that a desktop leased, in place of `card`; it belongs to the display from here on, also where
   * `open` throws.
   */
  lease?: number | undefined;
}

/** A connector that reads back what the CRTC shows. */
export interface WritebackConnector {
  id: number;
  properties: PropertySet;
  /** DRM fourccs that it writes, in the driver's order. */
  fourccs: readonly number[];
}

export class Display implements Disposable, CardInUse {
  readonly card: Card;
  readonly connector: KmsConnector;
  readonly crtcId: number;
  /** Index in the card's list of CRTCs. */
  readonly crtcIndex: number;
  readonly planeId: number;
  readonly planeFormats: PlaneFormats;
  /** Formats that the primary plane shows out of linear memory, in dmaflow's order of preference. */
  readonly formats: readonly PixelFormat[];
  /** The mode that the user asked for. */
  readonly wantedMode: ModeRequest | undefined;
  readonly writeback: WritebackConnector | undefined;
  /** Of all the card's objects, from before this program changed anything. */
  readonly before: FirstProperties;
  /** Names and ids of properties; the values are those from before this program changed anything. */
  readonly properties: {
    readonly connector: PropertySet;
    readonly crtc: PropertySet;
    readonly plane: PropertySet;
  };
  #open = true;

  /** Takes the card over. */
  private constructor(
    { card, connector, connectors }: ChosenDisplay,
    wantedMode: ModeRequest | undefined,
    inUse: readonly CardInUse[],
  ) {
    const properties = new FirstProperties(card);
    const route = findRoute({ card, connectors, properties }, connector, objectsInUse(card, inUse));
    this.before = properties;
    this.card = card;
    this.connector = connector;
    this.crtcId = route.crtcId;
    this.crtcIndex = route.crtcIndex;
    this.planeId = route.plane.id;
    this.wantedMode = wantedMode;
    this.properties = {
      connector: properties.of(connector.id, 'connector'),
      crtc: properties.of(route.crtcId, 'crtc'),
      plane: properties.of(route.plane.id, 'plane'),
    };
    this.planeFormats = readPlaneFormats(card, route.plane, this.properties.plane);
    this.formats = this.planeFormats.fourccs
      .flatMap((fourcc) => formatFromDrmFourcc(fourcc) ?? [])
      .sort((a, b) => a.rank - b.rank);
    this.writeback =
      route.writebackId === undefined
        ? undefined
        : readWriteback(card, properties.of(route.writebackId, 'connector'));
  }

  /**
   * Finds the display and becomes DRM master of its card.
   * @param inUse displays of the same pipeline that are open: their cards are shared, their connectors, CRTCs
   * and planes avoided.
   * @throws UnsupportedError where there is no such card, connector or mode, no connected display, no atomic
   * modesetting, or another DRM master; KernelError where a card may not be opened.
   */
  static open(kernel: Kernel, options: DisplayOptions = {}, inUse: readonly CardInUse[] = []): Display {
    const chosen = choose(kernel, options, inUse);
    const { card, connector } = chosen;
    try {
      card.requireAtomic();
      card.requireMaster();
      const wanted = options.mode === undefined ? undefined : parseMode(options.mode);
      if (wanted) requireMode(card, connector, wanted, options.mode ?? '');
      return new Display(chosen, wanted, inUse);
    } catch (error) {
      card.close();
      throw error;
    }
  }

  /** `Virtual-1 of vkms (/dev/dri/card0)` */
  get name(): string {
    return `${this.connector.name} of ${this.card.name}`;
  }

  get modes(): readonly KmsMode[] {
    return this.connector.modes;
  }

  /** Ids of the objects that no other display may use beside this one. */
  get objectIds(): readonly number[] {
    const ids = [this.connector.id, this.crtcId, this.planeId];
    return this.writeback ? [...ids, this.writeback.id] : ids;
  }

  /** Where the frame loop puts the framebuffer. */
  get fbIdProperty(): number {
    return this.properties.plane.id('FB_ID');
  }

  /** Where the frame loop puts a frame's fence. */
  get inFenceProperty(): number | undefined {
    return this.properties.plane.has('IN_FENCE_FD') ? this.properties.plane.id('IN_FENCE_FD') : undefined;
  }

  /** Lets the card go. Restore what was on the screen before. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.card.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function choose(kernel: Kernel, options: DisplayOptions, inUse: readonly CardInUse[]): ChosenDisplay {
  if (options.lease === undefined) return chooseDisplay(kernel, options, inUse);
  const card = Card.fromLease(kernel, options.lease);
  const all = card.connectors({ probe: true });
  const connectors = all.filter((c) => !isWriteback(c));
  const connector = connectors.find(
    ({ name }) => options.connector === undefined || name === options.connector,
  );
  if (connector) return { card, connector, connectors: all };
  card.close();
  throw new UnsupportedError(
    `The lease has no connector ${options.connector ?? 'at all'}. Connectors: ` +
      `${connectors.map((c) => `${c.name}: ${connectionName(c)}`).join('; ') || 'none'}.`,
  );
}

function requireMode(card: Card, connector: KmsConnector, wanted: ModeRequest, text: string): void {
  if (matchingModes(connector.modes, wanted).length > 0) return;
  const modes = connector.modes.map(modeText).join(', ') || 'none';
  throw new UnsupportedError(`${connector.name} of ${card.name} has no mode ${text}. Modes: ${modes}.`);
}

function readPlaneFormats(card: Card, plane: KmsPlane, properties: PropertySet): PlaneFormats {
  const blob = properties.value('IN_FORMATS');
  return new PlaneFormats(plane.formats, blob ? card.kernel.kmsGetBlob(card.fd, blob) : undefined);
}

function readWriteback(card: Card, properties: PropertySet): WritebackConnector {
  const blob = card.kernel.kmsGetBlob(card.fd, properties.value('WRITEBACK_PIXEL_FORMATS') ?? 0);
  const view = new DataView(blob?.buffer ?? new ArrayBuffer(0), blob?.byteOffset, blob?.byteLength);
  const fourccs = Array.from({ length: view.byteLength >>> 2 }, (_, index) =>
    view.getUint32(4 * index, true),
  );
  return { id: properties.objectId, properties, fourccs };
}
