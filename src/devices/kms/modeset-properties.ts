/**
 * What a modeset changes: the properties that bring one plane of one size to one connector, and nothing else.
 */
import { type ColorSpace, kmsColorProperties } from '../../formats/color-space';
import { type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import type { KmsPropertyValue } from '../../native/kms';
import type { Display } from './display';
import type { Placement } from './mode-choice';

/** include/uapi/drm/drm_mode.h, drm_blend.c */
const DRM_MODE_ROTATE_0 = 1;
const OPAQUE = 0xffff;

export interface PictureRequest {
  format: PixelFormatName;
  /** Left out: what the driver takes for a YUV picture. */
  colorSpace?: ColorSpace | undefined;
}

/**
 * FB_ID is not among them. Whatever else is on the CRTC goes: other planes, other connectors, a colour table
 * or a rotation that the last program left behind.
 */
export function modesetProperties(
  display: Display,
  modeBlob: number,
  placement: Placement,
  picture: PictureRequest,
  writeback: boolean,
): KmsPropertyValue[] {
  const { connector, crtc } = display.properties;
  const properties = [
    ...detachOthers(display, writeback),
    connector.set('CRTC_ID', display.crtcId),
    crtc.set('MODE_ID', modeBlob),
    crtc.set('ACTIVE', 1),
    ...['DEGAMMA_LUT', 'CTM', 'GAMMA_LUT']
      .filter((name) => crtc.value(name))
      .map((name) => crtc.set(name, 0)),
    ...planeProperties(display, placement),
    ...pictureProperties(display, picture),
  ];
  if (writeback && display.writeback) {
    properties.push(display.writeback.properties.set('CRTC_ID', display.crtcId));
  }
  return properties;
}

function planeProperties(display: Display, at: Placement): KmsPropertyValue[] {
  const { plane } = display.properties;
  const properties = [
    plane.set('CRTC_ID', display.crtcId),
    plane.set('SRC_X', at.srcX),
    plane.set('SRC_Y', at.srcY),
    plane.set('SRC_W', at.srcWidth),
    plane.set('SRC_H', at.srcHeight),
    plane.set('CRTC_X', at.crtcX),
    plane.set('CRTC_Y', at.crtcY),
    plane.set('CRTC_W', at.crtcWidth),
    plane.set('CRTC_H', at.crtcHeight),
  ];
  if ((plane.value('rotation') ?? DRM_MODE_ROTATE_0) !== DRM_MODE_ROTATE_0) {
    properties.push(plane.set('rotation', DRM_MODE_ROTATE_0));
  }
  if ((plane.value('alpha') ?? OPAQUE) !== OPAQUE) properties.push(plane.set('alpha', OPAQUE));
  return properties;
}

/** A camera's alpha is no transparency, and its YUV is seldom what the driver takes by default. */
function pictureProperties(display: Display, { format, colorSpace }: PictureRequest): KmsPropertyValue[] {
  const { plane } = display.properties;
  const { model, alpha } = pixelFormat(format);
  const color = model === 'yuv' && colorSpace ? kmsColorProperties(colorSpace) : undefined;
  const wanted: [string, string | undefined][] = [
    ['COLOR_ENCODING', color?.encoding],
    ['COLOR_RANGE', color?.range],
    ['pixel blend mode', alpha ? 'None' : undefined],
  ];
  return wanted.flatMap(([name, entry]) => {
    const value = entry === undefined ? undefined : plane.enumValue(name, entry);
    return value === undefined ? [] : [plane.set(name, value)];
  });
}

function detachOthers(display: Display, writeback: boolean): KmsPropertyValue[] {
  const { card, crtcId, planeId } = display;
  const planes = card
    .planes()
    .filter((plane) => plane.id !== planeId && plane.crtcId === crtcId)
    .map(({ id }) => card.properties(id, 'plane'));
  const kept = [display.connector.id, writeback ? display.writeback?.id : undefined];
  const connectors = card.resources.connectors
    .filter((id) => !kept.includes(id))
    .map((id) => card.properties(id, 'connector'))
    .filter((properties) => properties.value('CRTC_ID') === crtcId);
  return [
    ...planes.flatMap((plane) => [plane.set('FB_ID', 0), plane.set('CRTC_ID', 0)]),
    ...connectors.map((connector) => connector.set('CRTC_ID', 0)),
  ];
}
