/** Which display a user means, and what to say where there is none. */
import { basename } from 'node:path';
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import { DRM_MODE_CONNECTED, type KmsConnector } from '../../native/kms';
import { Card } from './card';
import { cardNodes } from './card-nodes';
import { connectionName } from './connection';
import { isWriteback } from './route';

/** What must fit a display; all that is given must. Nothing given: the first connected one. */
export interface DisplaySelector {
  /** Path of the card's node (`/dev/dri/card1`), or its driver's name (`vc4`, `bochs-drm`). */
  card?: string | undefined;
  /** Connector name: `HDMI-A-1`. */
  connector?: string | undefined;
}

export interface ChosenDisplay {
  /** The caller closes it. */
  card: Card;
  connector: KmsConnector;
  /** All of the card, writeback connectors too. */
  connectors: readonly KmsConnector[];
}

/** A card that another display of this program uses, and the ids of its objects that are taken. */
export interface CardInUse {
  card: Card;
  objectIds: readonly number[];
}

interface Candidate {
  card: Card;
  connectors: readonly KmsConnector[];
}

/**
 * The display that the selector means: of the cards in numeric order, the first connector that is connected,
 * then the first whose state is unknown (some cannot tell). Cards that this user may not open, without a
 * display or without atomic modesetting are passed over where no card is named. Throws with what there is
 * where none fits.
 * @param inUse what other displays of this program use: their cards are shared, since a second fd of a card
 * cannot be DRM master too.
 */
export function chooseDisplay(
  kernel: Kernel,
  selector: DisplaySelector,
  inUse: readonly CardInUse[] = [],
): ChosenDisplay {
  const nodes = cardNodes(kernel);
  if (nodes.length === 0) throw new UnsupportedError(noCardAdvice());
  const opened: Card[] = [];
  const refusals: KernelError[] = [];
  try {
    for (const path of selectNodes(nodes, selector)) {
      try {
        opened.push(inUse.find(({ card }) => card.path === path)?.card.retain() ?? Card.open(kernel, path));
      } catch (error) {
        if (!isKernelError(error)) throw error;
        refusals.push(error);
      }
    }
    const chosen = choose(opened, refusals, selector, inUse);
    return { ...chosen, card: chosen.card.retain() };
  } finally {
    for (const card of opened) card.close();
  }
}

/** Ids of a card's objects that other displays of this program use. */
export function objectsInUse(card: Card, inUse: readonly CardInUse[]): ReadonlySet<number> {
  return new Set(inUse.filter((other) => other.card === card).flatMap(({ objectIds }) => objectIds));
}

function choose(
  opened: readonly Card[],
  refusals: readonly KernelError[],
  selector: DisplaySelector,
  inUse: readonly CardInUse[],
): ChosenDisplay {
  const named = selectCards(opened, selector);
  const refusal = refusals[0];
  if (named.length === 0) {
    if (refusal && (selector.card === undefined || isPath(selector.card) || opened.length === 0))
      throw refusal;
    throw new UnsupportedError(`There is no card \`${selector.card}\`. ${describeCards(opened, refusals)}`);
  }
  if (selector.card !== undefined) named.find((card) => card.hasDisplay)?.requireAtomic();
  const candidates = named
    .filter((card) => card.hasDisplay && card.atomic)
    .map(
      (card): Candidate => ({
        card,
        connectors: card.connectors({ probe: true }),
      }),
    );
  return pick(candidates, selector, inUse) ?? fail(candidates, named, refusals, selector, inUse);
}

function pick(
  candidates: readonly Candidate[],
  selector: DisplaySelector,
  inUse: readonly CardInUse[],
): ChosenDisplay | undefined {
  const usable = candidates.flatMap(({ card, connectors }) =>
    displaysAmong(connectors)
      .filter(({ name }) => selector.connector === undefined || name === selector.connector)
      .filter(({ id, modes }) => modes.length > 0 && !objectsInUse(card, inUse).has(id))
      .map((connector) => ({ card, connector, connectors })),
  );
  return (
    usable.find(({ connector }) => connector.connection === DRM_MODE_CONNECTED) ??
    usable.find(({ connector }) => connectionName(connector) === 'unknown')
  );
}

function fail(
  candidates: readonly Candidate[],
  named: readonly Card[],
  refusals: readonly KernelError[],
  selector: DisplaySelector,
  inUse: readonly CardInUse[],
): never {
  const where = selector.card === undefined ? '' : ` on card \`${selector.card}\``;
  const list = describeConnectors(candidates, inUse);
  if (candidates.every(({ connectors }) => displaysAmong(connectors).length === 0)) {
    const who = selector.card === undefined ? 'No card' : `Card \`${selector.card}\``;
    const what = selector.card === undefined ? 'has a display that can be used' : 'has no display';
    throw new UnsupportedError(`${who} ${what}. ${describeCards(named, refusals)}`);
  }
  const { connector } = selector;
  const found = candidates.some(({ connectors }) =>
    displaysAmong(connectors).some(({ name }) => name === connector),
  );
  if (connector !== undefined && !found) {
    throw new UnsupportedError(`There is no connector \`${connector}\`${where}. Connectors: ${list}.`);
  }
  const other = inUse.length > 0 ? 'other ' : '';
  const what =
    connector === undefined ? `No ${other}display is connected` : `Connector \`${connector}\` cannot be used`;
  throw new UnsupportedError(
    `${what}${where}. Connectors: ${list}. Plug a display in and switch it on, or choose another connector.`,
  );
}

/**
 * A card that is named by its path need not be one of the listed nodes: `/dev/dri/by-path/…` is a link to
 * one.
 */
function selectNodes(nodes: readonly string[], { card }: DisplaySelector): readonly string[] {
  if (card === undefined || !isPath(card)) return nodes;
  return [nodes.find((path) => path === card) ?? card];
}

function selectCards(cards: readonly Card[], { card }: DisplaySelector): Card[] {
  if (card === undefined || isPath(card)) return [...cards];
  return cards.filter(({ driver, path }) => driver === card || basename(path) === card);
}

function displaysAmong(connectors: readonly KmsConnector[]): KmsConnector[] {
  return connectors.filter((connector) => !isWriteback(connector));
}

function isPath(card: string): boolean {
  return card.includes('/');
}

function describeCards(cards: readonly Card[], refusals: readonly KernelError[]): string {
  const lines = cards.map(
    (card) => card.name + (card.hasDisplay ? '' : ', no display') + (card.atomic ? '' : ', not atomic'),
  );
  const closed = refusals.map(({ path, code }) => `${path} (${code})`);
  return `Cards: ${[...lines, ...closed].join('; ') || 'none'}.`;
}

function describeConnectors(candidates: readonly Candidate[], inUse: readonly CardInUse[]): string {
  const lines = candidates.flatMap(({ card, connectors }) =>
    displaysAmong(connectors).map((c) => {
      const modes = c.modes.length === 0 && connectionName(c) !== 'disconnected' ? ', no modes' : '';
      const taken = objectsInUse(card, inUse).has(c.id) ? ', in use by another sink of this pipeline' : '';
      return `${c.name} of ${card.name}: ${connectionName(c)}${modes}${taken}`;
    }),
  );
  return lines.join('; ');
}

function noCardAdvice(): string {
  return (
    'There is no display: no /dev/dri/card* node exists. Load the driver of the display hardware ' +
    '(`dmesg | grep drm` says why one did not start); the kernel needs CONFIG_DRM and that driver. ' +
    'Without a display, `sudo modprobe vkms` emulates one.'
  );
}
