/** What is on a card's screens, as debugfs tells (`dri/N/state`): nothing here goes through dmaflow. */
import { existsSync, readFileSync } from 'node:fs';
import type { CardNode } from './devices';

export interface ShownFramebuffer {
  id: number;
  /** Who made it: a program's name, or `[fbcon]`. */
  owner: string;
  /** `XR24` */
  fourcc: string;
  /** `640x480` */
  size: string;
  /** By colour plane: whether its memory is an imported dma-buf. */
  imported: boolean[];
  /** By colour plane: bytes before it in its memory. */
  offsets: number[];
  /** Of the plane: `ITU-R BT.601 YCbCr`. */
  encoding: string;
  /** Of the plane: `YCbCr limited range`. */
  range: string;
}

/** The framebuffers on planes that are in use; none on a card without a display, which has no such file. */
export function shownFramebuffers(card: CardNode): ShownFramebuffer[] {
  const path = `${card.debug}/state`;
  const state = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const planes = state.split(/^(?=plane\[|crtc\[)/m).filter((object) => object.startsWith('plane['));
  return planes.flatMap((plane) => {
    const field = (name: string) => new RegExp(`^\\s*${name}\\s?=\\s?(.*)$`, 'm').exec(plane)?.[1] ?? '';
    const id = Number(field('fb'));
    if (!id) return [];
    return [
      {
        id,
        owner: field('allocated by'),
        fourcc: field('format').slice(0, 4),
        size: field('size'),
        imported: [...plane.matchAll(/imported=(yes|no)/g)].map(([, value]) => value === 'yes'),
        offsets: [...plane.matchAll(/offset\[\d+\]=(\d+)/g)].map(([, offset]) => Number(offset)),
        encoding: field('color-encoding'),
        range: field('color-range'),
      },
    ];
  });
}

/** Ids of all framebuffers of a card. */
export function framebufferIds(card: CardNode): number[] {
  const text = readFileSync(`${card.debug}/framebuffer`, 'utf8');
  return [...text.matchAll(/^framebuffer\[(\d+)\]/gm)].map(([, id]) => Number(id));
}
