/**
 * Which mode for which frame, and where in it the frame goes. Pure: these are wishes in order; whether the
 * hardware takes one is for a test commit to say.
 */
import { NegotiationError } from '../../errors';
import { DRM_MODE_TYPE_PREFERRED, type KmsMode } from '../../native/kms';

/** include/uapi/drm/drm_mode.h: every second line of a frame, or every line twice. */
const DRM_MODE_FLAG_INTERLACE = 1 << 4;
const DRM_MODE_FLAG_DBLSCAN = 1 << 5;

/** Refresh rates that differ by less are the same one: 59.94 Hz is 60 Hz to a person, 60.0 is not 75. */
const SAME_REFRESH = 0.5;

/** What displays are made for; ties go to the refresh nearest to it. */
const USUAL_REFRESH = 60;

export interface ModeRequest {
  width: number;
  height: number;
  /** Hz */
  refresh?: number;
}

export interface FrameSize {
  /** Pixels. */
  width: number;
  height: number;
  /** Frames a second, where known. */
  fps?: number | undefined;
}

/**
 * Where the frame lies on the screen (pixels) and what of the frame is shown (16.16 fixed point, as the
 * kernel wants it).
 */
export interface Placement {
  crtcX: number;
  crtcY: number;
  crtcWidth: number;
  crtcHeight: number;
  srcX: number;
  srcY: number;
  srcWidth: number;
  srcHeight: number;
}

/** `1280x720` or `1280x720@60`. Throws TypeError for anything else. */
export function parseMode(text: string): ModeRequest {
  const match = /^(\d{1,5})x(\d{1,5})(?:@(\d{1,3}(?:\.\d+)?)(?:Hz)?)?$/.exec(text.trim());
  if (!match) throw new TypeError(`expected a mode like '1280x720' or '1280x720@60', got '${text}'`);
  const request = { width: Number(match[1]), height: Number(match[2]) };
  return match[3] === undefined ? request : { ...request, refresh: Number(match[3]) };
}

/**
 * Modes of the size, and within half a hertz of the refresh where one is asked for; the nearest refresh
 * first.
 */
export function matchingModes(modes: readonly KmsMode[], wanted: ModeRequest): KmsMode[] {
  const sameSize = modes.filter((mode) => mode.width === wanted.width && mode.height === wanted.height);
  const { refresh } = wanted;
  if (refresh === undefined) return sameSize;
  const distance = (mode: KmsMode) => Math.abs(mode.refresh - refresh);
  return sameSize.filter((mode) => distance(mode) <= SAME_REFRESH).sort((a, b) => distance(a) - distance(b));
}

/**
 * Modes to try for a frame, the best first. With `wanted`: only modes that match it. Else modes of exactly
 * the frame's size, then those the frame fits within, the smallest first. Of one size, the display's
 * preferred mode comes first, then refresh rates that are a multiple of the frame rate (each frame is shown
 * equally long). Throws {@link NegotiationError} that lists the modes where the frame fits into none.
 */
export function modeCandidates(modes: readonly KmsMode[], frame: FrameSize, wanted?: ModeRequest): KmsMode[] {
  const eligible = wanted ? matchingModes(modes, wanted) : modes;
  const fitting = eligible.filter((mode) => mode.width >= frame.width && mode.height >= frame.height);
  if (fitting.length === 0) throw doesNotFit(eligible, frame);
  if (wanted?.refresh !== undefined) return fitting;
  const area = (mode: KmsMode) => mode.width * mode.height;
  return fitting.sort(
    (a, b) =>
      area(a) - area(b) ||
      Number(isPreferred(b)) - Number(isPreferred(a)) ||
      Number(isProgressive(b)) - Number(isProgressive(a)) ||
      refreshRank(a, frame.fps) - refreshRank(b, frame.fps) ||
      fromUsual(a) - fromUsual(b),
  );
}

/**
 * The frame in the middle of the mode, unscaled, at even coordinates (chroma of subsampled formats stays
 * aligned).
 */
export function placement(frame: FrameSize, mode: { width: number; height: number }): Placement {
  const middle = (outer: number, inner: number) => Math.floor((outer - inner) / 4) * 2;
  return {
    crtcX: middle(mode.width, frame.width),
    crtcY: middle(mode.height, frame.height),
    crtcWidth: frame.width,
    crtcHeight: frame.height,
    srcX: 0,
    srcY: 0,
    srcWidth: frame.width * 0x10000,
    srcHeight: frame.height * 0x10000,
  };
}

/** `1280x720 at 60 Hz` */
export function describeMode(mode: KmsMode): string {
  const refresh = Math.round(mode.refresh * 100) / 100;
  return `${mode.width}x${mode.height}${isProgressive(mode) ? '' : ' interlaced'} at ${refresh} Hz`;
}

/** As the user writes it: `1280x720@59.94`. */
export function modeText({ width, height, refresh }: KmsMode): string {
  return `${width}x${height}@${Math.round(refresh * 100) / 100}`;
}

/** Each size once, at most a dozen. */
export function describeSizes(modes: readonly KmsMode[]): string {
  const sizes = [...new Set(modes.map((mode) => `${mode.width}x${mode.height}`))];
  const shown = sizes.slice(0, 12).join(', ') || 'none';
  return sizes.length > 12 ? `${shown} and ${sizes.length - 12} more` : shown;
}

export function isPreferred(mode: KmsMode): boolean {
  return (mode.type & DRM_MODE_TYPE_PREFERRED) !== 0;
}

function isProgressive(mode: KmsMode): boolean {
  return (mode.flags & (DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN)) === 0;
}

/** 0: a multiple of the frame rate, 1: at least as fast, 2: slower, frames will be dropped. */
function refreshRank(mode: KmsMode, fps: number | undefined): number {
  if (fps === undefined || fps <= 0) return 0;
  const times = Math.round(mode.refresh / fps);
  if (times >= 1 && Math.abs(mode.refresh - times * fps) <= SAME_REFRESH) return 0;
  return mode.refresh >= fps ? 1 : 2;
}

function fromUsual(mode: KmsMode): number {
  return Math.abs(mode.refresh - USUAL_REFRESH);
}

function doesNotFit(modes: readonly KmsMode[], frame: FrameSize): NegotiationError {
  const consumer = modes.map(({ width, height, refresh }) => ({ width, height, refresh }));
  return new NegotiationError(
    `A frame of ${frame.width}x${frame.height} fits into no mode of the display: ${describeSizes(modes)}. ` +
      'Ask the camera for a smaller size, or choose a larger mode.',
    { field: 'size', producer: frame, consumer },
  );
}
