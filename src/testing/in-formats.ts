const HEADER_BYTES = 24;
const MODIFIER_BYTES = 24;
const VERSION = 1;

/** struct drm_format_modifier_blob: every format with every modifier. */
export function encodeInFormats(formats: readonly number[], modifiers: readonly bigint[]): Uint8Array {
  const modifiersOffset = Math.ceil((HEADER_BYTES + formats.length * 4) / 8) * 8;
  const blob = Buffer.alloc(modifiersOffset + modifiers.length * MODIFIER_BYTES);
  const header = [VERSION, 0, formats.length, HEADER_BYTES, modifiers.length, modifiersOffset];
  for (const [index, value] of [...header, ...formats].entries()) blob.writeUInt32LE(value, index * 4);
  for (const [index, modifier] of modifiers.entries()) {
    const at = modifiersOffset + index * MODIFIER_BYTES;
    blob.writeBigUInt64LE((1n << BigInt(formats.length)) - 1n, at);
    blob.writeBigUInt64LE(modifier, at + 16);
  }
  return new Uint8Array(blob);
}
