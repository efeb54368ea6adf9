/**
 * What a display showed before, to be put back at the end. It saves exactly what a modeset changes, so
 * nothing else is touched on the way back. Blobs (the mode, colour tables) are copied: the program that made
 * the originals may end meanwhile, and its blobs with it. Its framebuffer cannot be kept so; where it is
 * gone, plane and CRTC are switched off.
 */
import { isKernelError, type KernelError } from '../../errors';
import { DRM_MODE_ATOMIC_ALLOW_MODESET, type KmsObjectType, type KmsPropertyValue } from '../../native/kms';
import type { Card } from './card';
import type { Display } from './display';
import type { PropertySet } from './properties';

/**
 * What became of the screen: as it was before, dark, or out of this program's hands (another DRM master, an
 * unplugged card).
 */
export type RestoreResult =
  | { outcome: 'restored' }
  | { outcome: 'off'; error: KernelError }
  | { outcome: 'left'; error: KernelError };

export class SavedState {
  readonly #card: Card;
  readonly #before: readonly KmsPropertyValue[];
  readonly #off: readonly KmsPropertyValue[];
  readonly #blobs: readonly number[];
  #result: Promise<RestoreResult> | undefined;

  private constructor(
    card: Card,
    before: readonly KmsPropertyValue[],
    off: readonly KmsPropertyValue[],
    blobs: readonly number[],
  ) {
    this.#card = card;
    this.#before = before;
    this.#off = off;
    this.#blobs = blobs;
  }

  /**
   * @param changes the modeset's properties; the display's FB_ID is saved on top. Call it before the first
   * commit.
   */
  static save(display: Display, changes: readonly KmsPropertyValue[]): SavedState {
    const { card } = display;
    const objects = readObjects(display, changes);
    const blobs: number[] = [];
    try {
      const saved = [...changes, display.properties.plane.set('FB_ID', 0)].map(({ objectId, propertyId }) => {
        const properties = objects.get(objectId);
        let value = properties?.valueOf(propertyId) ?? 0;
        if (value !== 0 && properties?.isBlob(propertyId)) {
          value = copyBlob(card, value);
          if (value !== 0) blobs.push(value);
        }
        return { objectId, propertyId, value };
      });
      return new SavedState(card, saved, switchedOff(objects), blobs);
    } catch (error) {
      for (const blob of blobs) card.destroyBlob(blob);
      throw error;
    }
  }

  /**
   * Puts the screen back, without blocking the event loop. Once it resolves with anything but `left`, none of
   * this program's framebuffers is on the screen. Idempotent: later calls give the first one's result.
   */
  restore(): Promise<RestoreResult> {
    this.#result ??= this.#restore();
    return this.#result;
  }

  async #restore(): Promise<RestoreResult> {
    try {
      const refused = await this.#commit(this.#before);
      if (!refused) return { outcome: 'restored' };
      const stuck = await this.#commit(this.#off);
      return stuck ? { outcome: 'left', error: stuck } : { outcome: 'off', error: refused };
    } finally {
      for (const blob of this.#blobs) this.#card.destroyBlob(blob);
    }
  }

  async #commit(properties: readonly KmsPropertyValue[]): Promise<KernelError | undefined> {
    try {
      const { kernel, fd } = this.#card;
      await kernel.kmsCommitAsync(fd, { properties: [...properties], flags: DRM_MODE_ATOMIC_ALLOW_MODESET });
      return undefined;
    } catch (error) {
      if (isKernelError(error)) return error;
      throw error;
    }
  }
}

function readObjects(display: Display, changes: readonly KmsPropertyValue[]): Map<number, PropertySet> {
  const { card, before } = display;
  const ids = new Set([...changes.map(({ objectId }) => objectId), display.planeId]);
  return new Map([...ids].map((id) => [id, before.of(id, objectType(card, id))]));
}

function objectType(card: Card, id: number): KmsObjectType {
  if (card.resources.crtcs.includes(id)) return 'crtc';
  return card.resources.connectors.includes(id) ? 'connector' : 'plane';
}

/** The objects that were changed, none of them in use. */
function switchedOff(objects: ReadonlyMap<number, PropertySet>): KmsPropertyValue[] {
  return [...objects.values()].flatMap((properties) =>
    ['FB_ID', 'CRTC_ID', 'ACTIVE', 'MODE_ID']
      .filter((name) => properties.has(name))
      .map((name) => properties.set(name, 0)),
  );
}

/** 0 where the blob is gone: the property is then left empty. */
function copyBlob(card: Card, blobId: number): number {
  const data = card.kernel.kmsGetBlob(card.fd, blobId);
  return data ? card.createBlob(data) : 0;
}
