/** The board's devices, looked up by driver in sysfs and debugfs, for numbers move. Nothing here goes through dmaflow. */
import { readdirSync, readFileSync } from 'node:fs';

const VIDEO = '/sys/class/video4linux';
const DRM = '/sys/class/drm';
const DRM_DEBUG = '/sys/kernel/debug/dri';

/** vivid's first camera: one memory plane. */
export const singlePlanarCamera = (): string => videoNode('vivid-000-vid-cap');
/** vivid's second camera: the multi-planar interface. */
export const multiPlanarCamera = (): string => videoNode('vivid-001-vid-cap');

/** The node of a V4L2 device by its name: `vim2m`. */
export function videoNode(name: string): string {
  const names = readdirSync(VIDEO).map((node) => ({ node, name: read(`${VIDEO}/${node}/name`) }));
  const found = names.find((each) => each.name === name);
  if (!found) throw new Error(`no ${name} among ${names.map((each) => each.name).join(', ')}`);
  return `/dev/${found.node}`;
}

export interface CardNode {
  /** `/dev/dri/card1` */
  path: string;
  driver: string;
  /** Where debugfs describes it. */
  debug: string;
  /** Names of its connectors, the writeback connector too. */
  connectors: string[];
}

/** The card of a driver: `vkms`, `bochs-drm`, `vgem`. */
export function cardOf(driver: string): CardNode {
  const found = cards().find((card) => card.driver === driver);
  if (!found)
    throw new Error(
      `no card of ${driver} among ${cards()
        .map((card) => card.driver)
        .join(', ')}`,
    );
  return found;
}

/** In the order of their numbers. */
export function cards(): CardNode[] {
  const entries = readdirSync(DRM);
  return entries
    .flatMap((entry) => /^card(\d+)$/.exec(entry)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => ({
      path: `/dev/dri/card${number}`,
      driver: read(`${DRM_DEBUG}/${number}/name`).split(' ')[0] ?? '',
      debug: `${DRM_DEBUG}/${number}`,
      connectors: entries
        .filter((entry) => entry.startsWith(`card${number}-`))
        .map((entry) => entry.slice(`card${number}-`.length)),
    }));
}

function read(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
