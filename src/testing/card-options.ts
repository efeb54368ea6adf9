import type { KmsMode } from '../native/kms';
import { DRM_MODE_TYPE_PREFERRED } from '../native/kms';

/** A mode as a test states it. */
export interface FakeMode {
  width: number;
  height: number;
  /** Hz; default 60. */
  refresh?: number;
  preferred?: boolean;
}

/** A connector with a CRTC, an encoder and a primary plane of its own. */
export interface FakeDisplayOptions {
  /** `Virtual-1`, `HDMI-A-1`: the type is what stands before the last dash. */
  name?: string;
  /** Default true. */
  connected?: boolean;
  modes?: readonly FakeMode[];
}

/** A DRM card as it is added to the fake kernel; without options it is much like vkms. */
export interface FakeCardOptions {
  /** `/dev/dri/cardN`; the next free number by default. */
  path?: string;
  driver?: string;
  description?: string;
  /** What it displays on; an empty list makes a card without a display (vgem): EOPNOTSUPP. */
  displays?: readonly FakeDisplayOptions[];
  /** Overlay planes that every CRTC may use; default 0. */
  overlays?: number;
  /** A cursor plane for each CRTC; default false. */
  cursor?: boolean;
  /**
   * Whether the kernel's console is on every connected display until someone commits, and again when the last client
   * is gone. Default false: the displays are off.
   */
  console?: boolean;
  /** False: nobody has asked the connectors yet, so what is connected is unknown until someone probes. Default true. */
  probed?: boolean;
  /** DRM fourccs that its planes take. */
  formats?: readonly string[];
  /** Modifiers of the IN_FORMATS blob; none by default, and then there is no such property, as on vkms. */
  modifiers?: readonly bigint[];
  /** A writeback connector for each CRTC; default true. */
  writeback?: boolean;
  /** False: no atomic commits, as on drivers before them. */
  atomic?: boolean;
  /** Whether import needs contiguous memory (drm_gem_dma_helper): EINVAL for anything else. Default false, as vkms. */
  contiguous?: boolean;
  /** Whether the primary plane must cover the mode, as on bochs: EINVAL where it does not. Default false. */
  primaryCoversMode?: boolean;
  /** `vblank`: a commit reaches the screen at the next refresh; `manual`: by `flip()`. Default `vblank`. */
  flips?: 'vblank' | 'manual';
}

const CONNECTOR_TYPES: Readonly<Record<string, number>> = {
  VGA: 1,
  'DVI-D': 3,
  DP: 10,
  'HDMI-A': 11,
  eDP: 14,
  Virtual: 15,
  DSI: 16,
  DPI: 17,
  Writeback: 18,
};

const MODE_NAME_OFFSET = 36;
export const MODE_BYTES = 68;

export function connectorType(name: string): number {
  return CONNECTOR_TYPES[name.slice(0, name.lastIndexOf('-'))] ?? 0;
}

export function defaultModes(): FakeMode[] {
  return [
    { width: 1024, height: 768, preferred: true },
    { width: 1920, height: 1080 },
    { width: 1280, height: 720 },
    { width: 640, height: 480 },
    { width: 320, height: 240 },
  ];
}

/** A mode with its struct drm_mode_modeinfo. */
export function makeMode({ width, height, refresh = 60, preferred = false }: FakeMode): KmsMode {
  const name = `${width}x${height}`;
  const type = preferred ? DRM_MODE_TYPE_PREFERRED : 0;
  const [totalWidth, totalHeight] = [width + 160, height + 30];
  const info = Buffer.alloc(MODE_BYTES);
  info.writeUInt32LE(Math.round((totalWidth * totalHeight * refresh) / 1000), 0);
  const timings = [
    width,
    width + 48,
    width + 80,
    totalWidth,
    0,
    height,
    height + 3,
    height + 8,
    totalHeight,
    0,
  ];
  for (const [index, value] of timings.entries()) info.writeUInt16LE(value, 4 + index * 2);
  info.writeUInt32LE(Math.round(refresh), 24);
  info.writeUInt32LE(type, 32);
  info.write(name, MODE_NAME_OFFSET, 'latin1');
  return { name, width, height, refresh, type, flags: 0, blob: new Uint8Array(info) };
}

/** Size and refresh rate of a struct drm_mode_modeinfo, or undefined where it is none. */
export function readMode(blob: Uint8Array): { width: number; height: number; refresh: number } | undefined {
  if (blob.byteLength !== MODE_BYTES) return undefined;
  const info = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const [clock, width, height] = [info.readUInt32LE(0), info.readUInt16LE(4), info.readUInt16LE(14)];
  const [totalWidth, totalHeight] = [info.readUInt16LE(10), info.readUInt16LE(20)];
  if (width === 0 || height === 0 || totalWidth === 0 || totalHeight === 0) return undefined;
  return { width, height, refresh: (clock * 1000) / (totalWidth * totalHeight) };
}
