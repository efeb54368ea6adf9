import { DRM_MODE_ATOMIC_ALLOW_MODESET, DRM_MODE_PAGE_FLIP_EVENT } from '../native/kms';
import type { AtomicUpdate } from './atomic-update';
import { readMode } from './card-options';
import { Errno } from './errno';
import type { FakeFramebuffer } from './framebuffer';
import { type ModeObject, PLANE_PRIMARY } from './mode-objects';

/** What the check needs to know of a card. */
export interface CheckedCard {
  readonly crtcs: readonly ModeObject[];
  readonly connectors: readonly ModeObject[];
  readonly planes: readonly ModeObject[];
  readonly primaryCoversMode: boolean;
  framebuffer(id: number): FakeFramebuffer | undefined;
  blob(id: number): Uint8Array | undefined;
  supports(plane: ModeObject, framebuffer: FakeFramebuffer): boolean;
}

/** drm_atomic_check_only(): throws what the kernel refuses a commit with. */
export function checkUpdate(card: CheckedCard, update: AtomicUpdate, flags: number): void {
  const touched = update.crtcs;
  if ((flags & DRM_MODE_PAGE_FLIP_EVENT) !== 0 && touched.length === 0) throw new Errno('EINVAL');
  for (const plane of update.objects('plane')) checkPlane(card, update, plane);
  for (const crtc of touched) checkCrtc(card, update, crtc, flags);
  for (const connector of update.objects('connector')) checkConnector(card, update, connector);
  for (const plane of card.planes) {
    if (touched.some((crtc) => crtc.id === update.value(plane, 'CRTC_ID')))
      checkPlacement(card, update, plane);
  }
  if ((flags & DRM_MODE_ATOMIC_ALLOW_MODESET) !== 0) return;
  if (touched.some((crtc) => needsModeset(card, update, crtc))) throw new Errno('EINVAL');
}

/** Size of a CRTC's mode after the update, or undefined where it has none. */
export function modeAfter(
  card: CheckedCard,
  update: AtomicUpdate,
  crtc: ModeObject,
): ReturnType<typeof readMode> {
  return readMode(card.blob(update.value(crtc, 'MODE_ID')) ?? new Uint8Array());
}

function checkPlane(card: CheckedCard, update: AtomicUpdate, plane: ModeObject): void {
  const crtcId = update.value(plane, 'CRTC_ID');
  const framebuffer = card.framebuffer(update.value(plane, 'FB_ID'));
  if ((crtcId !== 0) !== (framebuffer !== undefined)) throw new Errno('EINVAL');
  if (!framebuffer) return;
  const crtc = card.crtcs.find(({ id }) => id === crtcId);
  if (!crtc || (plane.possibleCrtcs & (1 << crtc.index)) === 0) throw new Errno('EINVAL');
  if (!card.supports(plane, framebuffer)) throw new Errno('EINVAL');
  const inside =
    update.value(plane, 'SRC_X') + update.value(plane, 'SRC_W') <= framebuffer.width * 0x10000 &&
    update.value(plane, 'SRC_Y') + update.value(plane, 'SRC_H') <= framebuffer.height * 0x10000;
  if (!inside) throw new Errno('ENOSPC');
  const before = plane.value('CRTC_ID');
  if (before !== 0 && before !== crtcId) throw new Errno('EINVAL');
}

function checkCrtc(card: CheckedCard, update: AtomicUpdate, crtc: ModeObject, flags: number): void {
  const active = update.value(crtc, 'ACTIVE') !== 0;
  const enabled = update.value(crtc, 'MODE_ID') !== 0;
  if (active && !enabled) throw new Errno('EINVAL');
  if (enabled && !modeAfter(card, update, crtc)) throw new Errno('EINVAL');
  const wantsEvent = (flags & DRM_MODE_PAGE_FLIP_EVENT) !== 0;
  if (wantsEvent && !active && crtc.value('ACTIVE') === 0) throw new Errno('EINVAL');
  const connected = card.connectors.some((connector) => update.value(connector, 'CRTC_ID') === crtc.id);
  if (enabled !== connected) throw new Errno('EINVAL');
}

function checkConnector(card: CheckedCard, update: AtomicUpdate, connector: ModeObject): void {
  const crtc = card.crtcs.find(({ id }) => id === update.value(connector, 'CRTC_ID'));
  if (crtc && (connector.possibleCrtcs & (1 << crtc.index)) === 0) throw new Errno('EINVAL');
  if (!update.names(connector, 'WRITEBACK_FB_ID')) return;
  const framebuffer = card.framebuffer(update.value(connector, 'WRITEBACK_FB_ID'));
  if (!framebuffer) {
    if (update.names(connector, 'WRITEBACK_OUT_FENCE_PTR')) throw new Errno('EINVAL');
    return;
  }
  const mode = crtc && update.value(crtc, 'ACTIVE') !== 0 ? modeAfter(card, update, crtc) : undefined;
  if (mode?.width !== framebuffer.width || mode.height !== framebuffer.height) throw new Errno('EINVAL');
}

/** drm_atomic_helper_check_plane_state(): no scaling, and whether the plane may leave a border. */
function checkPlacement(card: CheckedCard, update: AtomicUpdate, plane: ModeObject): void {
  const crtc = card.crtcs.find(({ id }) => id === update.value(plane, 'CRTC_ID'));
  if (!crtc || update.value(plane, 'FB_ID') === 0) return;
  const [width, height] = [update.value(plane, 'CRTC_W'), update.value(plane, 'CRTC_H')];
  const [sourceWidth, sourceHeight] = [update.value(plane, 'SRC_W'), update.value(plane, 'SRC_H')];
  if (width * 0x10000 !== sourceWidth || height * 0x10000 !== sourceHeight) throw new Errno('ERANGE');
  if (!card.primaryCoversMode || plane.value('type') !== PLANE_PRIMARY) return;
  const mode = modeAfter(card, update, crtc);
  const [x, y] = [update.value(plane, 'CRTC_X'), update.value(plane, 'CRTC_Y')];
  const covers = mode && x <= 0 && y <= 0 && x + width >= mode.width && y + height >= mode.height;
  if (!covers) throw new Errno('EINVAL');
}

function needsModeset(card: CheckedCard, update: AtomicUpdate, crtc: ModeObject): boolean {
  const before = card.blob(crtc.value('MODE_ID'));
  const after = card.blob(update.value(crtc, 'MODE_ID'));
  const sameMode = before && after ? Buffer.compare(before, after) === 0 : before === after;
  const routed = update.objects('connector').some((connector) => {
    const ids = [connector.value('CRTC_ID'), update.value(connector, 'CRTC_ID')];
    return update.changes(connector, 'CRTC_ID') && ids.includes(crtc.id);
  });
  return !sameMode || update.changes(crtc, 'ACTIVE') || routed;
}
