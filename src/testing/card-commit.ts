import * as kms from '../native/kms';
import { modeAfter } from './atomic-check';
import type { AtomicUpdate } from './atomic-update';
import type { CardFile } from './card-file';
import { Errno } from './errno';
import type { FakeCard } from './fake-card';
import type { Layer } from './fake-crtc';
import { FakeFence, type FakeSyncFile } from './fence';
import type { ModeObject, PropertyDefinition } from './mode-objects';

/** drm_atomic_set_property(): throws for what does not exist and for values that cannot be. */
export function setProperty(
  card: FakeCard,
  update: AtomicUpdate,
  { objectId, propertyId, value }: kms.KmsPropertyValue,
  syncFile: (fd: number) => FakeSyncFile | undefined,
): void {
  const object = card.object(objectId);
  const definition = object?.definitions.find(({ name }) => card.propertyId(name) === propertyId);
  if (!object || !definition) throw new Errno('ENOENT');
  if (definition.immutable || !isValid(card, definition, value)) throw new Errno('EINVAL');
  if (definition.name === 'IN_FENCE_FD' && value !== -1 && !syncFile(value)) throw new Errno('EINVAL');
  update.set(object, definition, value);
}

function isValid(card: FakeCard, { kind }: PropertyDefinition, value: number): boolean {
  if (kind === 'boolean') return value === 0 || value === 1;
  if (kind === 'range' || kind === 'pointer') return value >= 0;
  if (kind === 'blob') return value === 0 || card.blob(value) !== undefined;
  if (kind === 'framebuffer') return value === 0 || card.framebuffer(value) !== undefined;
  if (kind === 'crtc') return value === 0 || card.crtcs.some(({ id }) => id === value);
  return true;
}

/**
 * Makes a checked update the state and hands each CRTC its next picture. Returns the out-fences in the order of the
 * request, undefined where the kernel makes none.
 */
export function commitUpdate(
  card: FakeCard,
  file: CardFile,
  update: AtomicUpdate,
  request: kms.KmsCommitRequest,
  fencesOf: (fd: number) => readonly FakeFence[],
): (FakeFence | undefined)[] {
  const touched = update.crtcs;
  const wait = (request.flags & kms.DRM_MODE_ATOMIC_NONBLOCK) === 0;
  if (!wait && touched.some(({ id }) => card.scanout(id).busy)) throw new Errno('EBUSY');
  const outFences = (request.outFences ?? []).map((wanted) => {
    const object = card.object(wanted.objectId);
    if (!object) return undefined;
    const crtcId = object.type === 'crtc' ? object.id : writebackCrtc(update, object);
    return crtcId === undefined ? undefined : { crtcId, fence: new FakeFence() };
  });
  const pictures = touched.map((crtc) => {
    const layers = layersOf(card, update, crtc);
    const explicit = card.planes
      .filter((plane) => update.value(plane, 'CRTC_ID') === crtc.id && update.names(plane, 'IN_FENCE_FD'))
      .map((plane) => update.value(plane, 'IN_FENCE_FD'))
      .flatMap((fd) => (fd === -1 ? [] : fencesOf(fd)));
    const implicit = layers.flatMap(({ framebuffer }) => framebuffer.fences);
    return {
      crtc,
      mode: update.value(crtc, 'ACTIVE') === 0 ? undefined : modeAfter(card, update, crtc),
      layers,
      waitFor: [...explicit, ...implicit],
      writeback: writebackOf(card, update, crtc),
    };
  });
  update.apply();
  const wantsEvent = (request.flags & kms.DRM_MODE_PAGE_FLIP_EVENT) !== 0;
  const userData = request.userData ?? 0;
  for (const { crtc, ...picture } of pictures) {
    const signal = outFences.flatMap((out) => (out?.crtcId === crtc.id ? [out.fence] : []));
    const post = wantsEvent
      ? (event: Omit<kms.KmsFlipEvent, 'userData'>) => file.post({ ...event, userData })
      : undefined;
    card.scanout(crtc.id).commit({ ...picture, signal, post }, wait);
  }
  return outFences.map((out) => out?.fence);
}

function writebackCrtc(update: AtomicUpdate, connector: ModeObject): number | undefined {
  return update.names(connector, 'WRITEBACK_FB_ID') ? update.value(connector, 'CRTC_ID') : undefined;
}

function writebackOf(
  card: FakeCard,
  update: AtomicUpdate,
  crtc: ModeObject,
): Layer['framebuffer'] | undefined {
  const connector = card.connectors.find(
    (candidate) =>
      update.names(candidate, 'WRITEBACK_FB_ID') && update.value(candidate, 'CRTC_ID') === crtc.id,
  );
  return connector && card.framebuffer(update.value(connector, 'WRITEBACK_FB_ID'));
}

/** Primary planes first, overlays on top. */
function layersOf(card: FakeCard, update: AtomicUpdate, crtc: ModeObject): Layer[] {
  if (update.value(crtc, 'ACTIVE') === 0) return [];
  return card.planes.flatMap((plane) => {
    const framebuffer = card.framebuffer(update.value(plane, 'FB_ID'));
    if (!framebuffer || update.value(plane, 'CRTC_ID') !== crtc.id) return [];
    return {
      planeId: plane.id,
      framebuffer,
      x: update.value(plane, 'CRTC_X'),
      y: update.value(plane, 'CRTC_Y'),
      width: update.value(plane, 'CRTC_W'),
      height: update.value(plane, 'CRTC_H'),
      sourceX: update.value(plane, 'SRC_X') >> 16,
      sourceY: update.value(plane, 'SRC_Y') >> 16,
    };
  });
}
