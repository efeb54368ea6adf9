import type { KmsObjectType } from '../native/kms';

const PROP_RANGE = 1 << 1;
const PROP_IMMUTABLE = 1 << 2;
const PROP_ENUM = 1 << 3;
const PROP_BLOB = 1 << 4;
const PROP_OBJECT = 1 << 6;
const PROP_SIGNED_RANGE = 2 << 6;
const PROP_ATOMIC = 0x80000000;

export const PLANE_OVERLAY = 0;
export const PLANE_PRIMARY = 1;
export const PLANE_CURSOR = 2;

/** What a property takes. `pointer`: the address of an out-fence. */
export type PropertyKind =
  | 'range'
  | 'signed'
  | 'boolean'
  | 'enum'
  | 'blob'
  | 'framebuffer'
  | 'crtc'
  | 'pointer';

export interface PropertyDefinition {
  name: string;
  kind: PropertyKind;
  /** Hidden from clients without DRM_CLIENT_CAP_ATOMIC. */
  atomic: boolean;
  immutable?: boolean;
  enums?: readonly { name: string; value: number }[];
}

/** The properties of each kind of object, in the order in which a card lists them. */
export const crtcProperties: readonly PropertyDefinition[] = [
  { name: 'ACTIVE', kind: 'boolean', atomic: true },
  { name: 'MODE_ID', kind: 'blob', atomic: true },
  { name: 'OUT_FENCE_PTR', kind: 'pointer', atomic: true },
];

export const connectorProperties: readonly PropertyDefinition[] = [
  { name: 'EDID', kind: 'blob', atomic: false, immutable: true },
  { name: 'CRTC_ID', kind: 'crtc', atomic: true },
];

export const writebackProperties: readonly PropertyDefinition[] = [
  { name: 'CRTC_ID', kind: 'crtc', atomic: true },
  { name: 'WRITEBACK_FB_ID', kind: 'framebuffer', atomic: true },
  { name: 'WRITEBACK_OUT_FENCE_PTR', kind: 'pointer', atomic: true },
  { name: 'WRITEBACK_PIXEL_FORMATS', kind: 'blob', atomic: true, immutable: true },
];

export const planeProperties: readonly PropertyDefinition[] = [
  {
    name: 'type',
    kind: 'enum',
    atomic: false,
    immutable: true,
    enums: [
      { name: 'Overlay', value: PLANE_OVERLAY },
      { name: 'Primary', value: PLANE_PRIMARY },
      { name: 'Cursor', value: PLANE_CURSOR },
    ],
  },
  { name: 'FB_ID', kind: 'framebuffer', atomic: true },
  { name: 'IN_FENCE_FD', kind: 'signed', atomic: true },
  { name: 'CRTC_ID', kind: 'crtc', atomic: true },
  { name: 'CRTC_X', kind: 'signed', atomic: true },
  { name: 'CRTC_Y', kind: 'signed', atomic: true },
  { name: 'CRTC_W', kind: 'range', atomic: true },
  { name: 'CRTC_H', kind: 'range', atomic: true },
  { name: 'SRC_X', kind: 'range', atomic: true },
  { name: 'SRC_Y', kind: 'range', atomic: true },
  { name: 'SRC_W', kind: 'range', atomic: true },
  { name: 'SRC_H', kind: 'range', atomic: true },
];

export const inFormatsProperty: PropertyDefinition = {
  name: 'IN_FORMATS',
  kind: 'blob',
  atomic: false,
  immutable: true,
};

/** A CRTC, connector or plane, with the values of its properties by name. */
export class ModeObject {
  readonly values = new Map<string, number>();

  constructor(
    readonly id: number,
    readonly type: KmsObjectType,
    /** Position in the card's list of its type: a CRTC's bit in a `possibleCrtcs` mask. */
    readonly index: number,
    readonly definitions: readonly PropertyDefinition[],
    readonly possibleCrtcs: number,
  ) {
    for (const { name } of definitions) this.values.set(name, name === 'IN_FENCE_FD' ? -1 : 0);
  }

  value(name: string): number {
    return this.values.get(name) ?? 0;
  }
}

/** DRM_MODE_PROP_* of a property. */
export function propertyFlags({ kind, atomic, immutable = false }: PropertyDefinition): number {
  const kinds = {
    range: PROP_RANGE,
    signed: PROP_SIGNED_RANGE,
    boolean: PROP_RANGE,
    enum: PROP_ENUM,
    blob: PROP_BLOB,
  };
  const base =
    kind in kinds ? kinds[kind as keyof typeof kinds] : kind === 'pointer' ? PROP_RANGE : PROP_OBJECT;
  return (base | (immutable ? PROP_IMMUTABLE : 0) | (atomic ? PROP_ATOMIC : 0)) >>> 0;
}
