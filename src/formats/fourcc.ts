/**
 * Four-character codes as V4L2 (`v4l2_fourcc`) and DRM (`fourcc_code`) pack them: first character in the lowest byte,
 * bit 31 set where the samples are big-endian (V4L2_PIX_FMT_*_BE, DRM_FORMAT_BIG_ENDIAN).
 */
const BIG_ENDIAN = 0x80000000;
const BIG_ENDIAN_SUFFIX = '-BE';

/**
 * `XR24` for 0x34325258, as the kernel prints it in its own messages (`%p4cc`): trailing spaces left out, `-BE` added for the
 * big-endian bit. A code with a character that cannot be printed is given in hexadecimal.
 */
export function fourccToString(fourcc: number): string {
  const code = fourcc & ~BIG_ENDIAN;
  const characters = [0, 8, 16, 24].map((shift) => String.fromCharCode((code >>> shift) & 0xff)).join('');
  const name = characters.trimEnd();
  if (!/^[\x20-\x7e]+$/.test(name)) return `0x${(fourcc >>> 0).toString(16).padStart(8, '0')}`;
  return name + (fourcc & BIG_ENDIAN ? BIG_ENDIAN_SUFFIX : '');
}

/** Unsigned 32-bit code of a name of one to four characters; shorter ones are padded with spaces, as `R8` is. */
export function fourccFromString(text: string): number {
  const bigEndian = text.length > 4 && text.endsWith(BIG_ENDIAN_SUFFIX);
  const name = bigEndian ? text.slice(0, -BIG_ENDIAN_SUFFIX.length) : text;
  if (!/^[\x20-\x7e]{1,4}$/.test(name)) {
    throw new RangeError(
      `expected a fourcc of one to four printable ASCII characters, like 'XR24', got ${JSON.stringify(text)}`,
    );
  }
  let code = bigEndian ? BIG_ENDIAN : 0;
  [...name.padEnd(4)].forEach((character, index) => {
    code |= character.charCodeAt(0) << (index * 8);
  });
  return code >>> 0;
}
