/**
 * The cards of this machine with their connectors, modes and planes, for people and for scripts. Changes
 * nothing.
 */
import { isKernelError } from '../../errors';
import { fourccToString } from '../../formats/fourcc';
import { formatFromDrmFourcc } from '../../formats/pixel-formats';
import type { Kernel } from '../../native/kernel';
import { Card } from './card';
import { cardNodes } from './card-nodes';
import { type ConnectionName, connectionName } from './connection';
import { isPreferred } from './mode-choice';
import { isWriteback } from './route';

export interface ModeInfo {
  /** Pixels. */
  width: number;
  height: number;
  /** Hz */
  refresh: number;
  preferred: boolean;
}

export interface ConnectorInfo {
  id: number;
  /** As the kernel prints it: `HDMI-A-1`. */
  name: string;
  connection: ConnectionName;
  /** Reads a picture back rather than show it. */
  writeback: boolean;
  /** Of the display in millimetres; 0 where unknown. */
  widthMm: number;
  heightMm: number;
  modes: ModeInfo[];
}

export interface PlaneInfo {
  id: number;
  /** `Primary`, `Overlay`, `Cursor`. */
  type: string;
  /** Names of pixel formats; fourccs of those that dmaflow does not know. */
  formats: string[];
}

export interface CardInfo {
  /** Device node. The number is not stable: select by driver. */
  path: string;
  /** Undefined where the node may not be opened. */
  driver: string | undefined;
  /** Whether this user may open the node. */
  permitted: boolean;
  /** False for a render-only card. */
  hasDisplay: boolean;
  atomic: boolean;
  connectors: ConnectorInfo[];
  planes: PlaneInfo[];
}

/** All cards, in the order of their numbers; works beside another DRM master. */
export function listCards(kernel: Kernel): CardInfo[] {
  return cardNodes(kernel).flatMap((path) => describeIfThere(kernel, path) ?? []);
}

/** A node can vanish between listing and opening, and a broken driver must not hide the other cards. */
function describeIfThere(kernel: Kernel, path: string): CardInfo | undefined {
  try {
    return describe(kernel, path);
  } catch (error) {
    if (isKernelError(error, 'EACCES', 'EPERM')) return notPermitted(path);
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

function describe(kernel: Kernel, path: string): CardInfo {
  const card = Card.open(kernel, path);
  try {
    return {
      path,
      driver: card.driver,
      permitted: true,
      hasDisplay: card.hasDisplay,
      atomic: card.atomic,
      connectors: card.hasDisplay ? connectors(card) : [],
      planes: card.hasDisplay ? planes(card) : [],
    };
  } finally {
    card.close();
  }
}

function connectors(card: Card): ConnectorInfo[] {
  return card.connectors({ probe: true }).map((connector) => ({
    id: connector.id,
    name: connector.name,
    connection: connectionName(connector),
    writeback: isWriteback(connector),
    widthMm: connector.widthMm,
    heightMm: connector.heightMm,
    modes: connector.modes.map((mode) => ({
      width: mode.width,
      height: mode.height,
      refresh: mode.refresh,
      preferred: isPreferred(mode),
    })),
  }));
}

function planes(card: Card): PlaneInfo[] {
  return card.planes().map(({ id, formats }) => ({
    id,
    type: card.properties(id, 'plane').enumName('type') ?? 'unknown',
    formats: formats.map((fourcc) => formatFromDrmFourcc(fourcc)?.name ?? fourccToString(fourcc)),
  }));
}

function notPermitted(path: string): CardInfo {
  return {
    path,
    driver: undefined,
    permitted: false,
    hasDisplay: false,
    atomic: false,
    connectors: [],
    planes: [],
  };
}
