/** The way of a picture through a card: plane, CRTC, connector. */
import { UnsupportedError } from '../../errors';
import { DRM_MODE_CONNECTOR_WRITEBACK, type KmsConnector, type KmsPlane } from '../../native/kms';
import type { Card } from './card';
import type { FirstProperties } from './properties';

export interface Route {
  connector: KmsConnector;
  crtcId: number;
  /** Index in the card's list of CRTCs: the bit in masks of possible CRTCs. */
  crtcIndex: number;
  /** The primary plane. */
  plane: KmsPlane;
  /** A connector that can read back what this CRTC shows, where the hardware has one. */
  writebackId: number | undefined;
}

/** A card's objects as they were when the display was opened. */
export interface CardState {
  card: Card;
  connectors: readonly KmsConnector[];
  properties: FirstProperties;
}

/**
 * The CRTC and primary plane for a connector. The connector's own CRTC comes first (nothing moves), then an
 * idle one, then one that drives another connector, which loses its picture. Throws {@link UnsupportedError}
 * where there is none.
 * @param taken ids of objects that other displays of this program use.
 */
export function findRoute(state: CardState, connector: KmsConnector, taken: ReadonlySet<number>): Route {
  const { card, connectors } = state;
  const planes = primaryPlanes(state, taken);
  for (const crtcId of crtcsInOrder(state, connector, taken)) {
    const crtcIndex = card.resources.crtcs.indexOf(crtcId);
    const usable = planes.filter(
      (plane) => reaches(plane.possibleCrtcs, crtcIndex) && (plane.crtcId === 0 || plane.crtcId === crtcId),
    );
    const plane = usable.find((candidate) => candidate.crtcId === crtcId) ?? usable[0];
    if (!plane) continue;
    const writebackId = connectors.find(
      (c) => isWriteback(c) && reaches(c.possibleCrtcs, crtcIndex) && !taken.has(c.id),
    )?.id;
    return { connector, crtcId, crtcIndex, plane, writebackId };
  }
  throw new UnsupportedError(
    `Connector ${connector.name} of ${card.name} has no CRTC with a primary plane to itself` +
      `${taken.size > 0 ? ' beside the displays that this pipeline already uses' : ''}. ` +
      'Choose another connector or card.',
  );
}

export function isWriteback(connector: KmsConnector): boolean {
  return connector.type === DRM_MODE_CONNECTOR_WRITEBACK;
}

function crtcsInOrder(
  { card, connectors, properties }: CardState,
  connector: KmsConnector,
  taken: ReadonlySet<number>,
): number[] {
  const crtcOf = (id: number) => properties.of(id, 'connector').value('CRTC_ID') ?? 0;
  const own = crtcOf(connector.id);
  const driven = new Set(connectors.filter((c) => c.id !== connector.id).map((c) => crtcOf(c.id)));
  const cost = (crtcId: number) => (crtcId === own ? 0 : driven.has(crtcId) ? 2 : 1);
  return card.resources.crtcs
    .filter((crtcId, index) => reaches(connector.possibleCrtcs, index) && !taken.has(crtcId))
    .sort((a, b) => cost(a) - cost(b));
}

function primaryPlanes({ card, properties }: CardState, taken: ReadonlySet<number>): KmsPlane[] {
  return card
    .planes()
    .filter(
      (plane) => !taken.has(plane.id) && properties.of(plane.id, 'plane').enumName('type') === 'Primary',
    );
}

function reaches(possibleCrtcs: number, crtcIndex: number): boolean {
  return ((possibleCrtcs >>> crtcIndex) & 1) === 1;
}
