/**
 * What a plane can show out of linear memory: its IN_FORMATS blob where the driver has one (formats with
 * modifiers, struct drm_format_modifier_blob in include/uapi/drm/drm_mode.h), else its plain list of formats.
 */

/** include/uapi/drm/drm_fourcc.h. LINEAR is a modifier; no modifier at all lets the driver guess. */
export const DRM_FORMAT_MOD_LINEAR = 0n;

export class PlaneFormats {
  /** DRM fourccs that linear buffers may have, in the driver's order. */
  readonly fourccs: readonly number[];
  readonly #modifiers: ReadonlyMap<number, readonly bigint[]> | undefined;

  constructor(formats: readonly number[], inFormats?: Uint8Array) {
    this.#modifiers = inFormats && parseInFormats(inFormats);
    this.fourccs = formats.filter(
      (fourcc) => !this.#modifiers || this.modifiers(fourcc)?.includes(DRM_FORMAT_MOD_LINEAR),
    );
  }

  /** Modifiers listed for a format, or undefined where the driver does not say. */
  modifiers(fourcc: number): readonly bigint[] | undefined {
    return this.#modifiers && (this.#modifiers.get(fourcc) ?? []);
  }
}

/** Modifiers by format. Throws RangeError for a blob that is cut short. */
export function parseInFormats(blob: Uint8Array): Map<number, bigint[]> {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const formatCount = view.getUint32(8, true);
  const formatsOffset = view.getUint32(12, true);
  const modifierCount = view.getUint32(16, true);
  const modifiersOffset = view.getUint32(20, true);

  const formats = Array.from({ length: formatCount }, (_, i) => view.getUint32(formatsOffset + 4 * i, true));
  const result = new Map<number, bigint[]>(formats.map((fourcc) => [fourcc, []]));
  for (let m = 0; m < modifierCount; m++) {
    // struct drm_format_modifier: bit i of `mask` stands for format `first + i`.
    const entry = modifiersOffset + 24 * m;
    const mask = view.getBigUint64(entry, true);
    const first = view.getUint32(entry + 8, true);
    const modifier = view.getBigUint64(entry + 16, true);
    formats.forEach((fourcc, index) => {
      const bit = index - first;
      if (bit >= 0 && bit < 64 && (mask >> BigInt(bit)) & 1n) result.get(fourcc)?.push(modifier);
    });
  }
  return result;
}
