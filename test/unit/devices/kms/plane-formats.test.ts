import { PlaneFormats, parseInFormats } from '../../../../src/devices/kms/plane-formats';
import { fourccFromString } from '../../../../src/formats/fourcc';

const [XR24, NV12, RG16] = ['XR24', 'NV12', 'RG16'].map(fourccFromString) as [number, number, number];
const LINEAR = 0n;
const TILED = 0x0300000000000001n;

/** struct drm_format_modifier_blob, with a gap before the modifiers as the kernel may leave one. */
function inFormats(
  formats: number[],
  modifiers: { mask: bigint; first?: number; modifier: bigint }[],
): Uint8Array {
  const modifiersOffset = 24 + Math.ceil((formats.length * 4) / 8) * 8 + 8;
  const blob = Buffer.alloc(modifiersOffset + 24 * modifiers.length);
  [1, 0, formats.length, 24, modifiers.length, modifiersOffset].forEach((v, i) => {
    blob.writeUInt32LE(v, 4 * i);
  });
  formats.forEach((fourcc, i) => {
    blob.writeUInt32LE(fourcc, 24 + 4 * i);
  });
  modifiers.forEach(({ mask, first = 0, modifier }, i) => {
    blob.writeBigUInt64LE(mask, modifiersOffset + 24 * i);
    blob.writeUInt32LE(first, modifiersOffset + 24 * i + 8);
    blob.writeBigUInt64LE(modifier, modifiersOffset + 24 * i + 16);
  });
  return new Uint8Array(blob);
}

describe('parseInFormats', () => {
  it('gives each format its modifiers', () => {
    const blob = inFormats(
      [XR24, NV12, RG16],
      [
        { mask: 0b101n, modifier: LINEAR },
        { mask: 0b011n, modifier: TILED },
      ],
    );
    expect([...parseInFormats(blob)]).toEqual([
      [XR24, [LINEAR, TILED]],
      [NV12, [TILED]],
      [RG16, [LINEAR]],
    ]);
  });

  it('counts the bits of a mask from its first format', () => {
    const many = Array.from({ length: 70 }, (_, index) => index + 1);
    const formats = parseInFormats(inFormats(many, [{ mask: 0b11n, first: 66, modifier: LINEAR }]));
    expect([...formats].filter(([, modifiers]) => modifiers.length > 0).map(([fourcc]) => fourcc)).toEqual([
      67, 68,
    ]);
  });

  it('reads a blob that lies within a larger buffer', () => {
    const blob = inFormats([XR24], [{ mask: 1n, modifier: TILED }]);
    const larger = new Uint8Array(blob.length + 12);
    larger.set(blob, 12);
    expect(parseInFormats(larger.subarray(12)).get(XR24)).toEqual([TILED]);
  });

  it('refuses a blob that is cut short', () => {
    const blob = inFormats([XR24], [{ mask: 1n, modifier: TILED }]);
    expect(() => parseInFormats(blob.subarray(0, blob.length - 1))).toThrow(RangeError);
  });
});

describe('PlaneFormats', () => {
  it('takes the plain list where the driver has no blob, and knows no modifiers then', () => {
    const formats = new PlaneFormats([XR24, NV12]);
    expect(formats.fourccs).toEqual([XR24, NV12]);
    expect(formats.modifiers(XR24)).toBeUndefined();
  });

  it('leaves out formats that are tiled only: frames are linear', () => {
    const blob = inFormats(
      [XR24, NV12],
      [
        { mask: 0b01n, modifier: LINEAR },
        { mask: 0b11n, modifier: TILED },
      ],
    );
    const formats = new PlaneFormats([XR24, NV12], blob);
    expect(formats.fourccs).toEqual([XR24]);
    expect(formats.modifiers(NV12)).toEqual([TILED]);
    expect(formats.modifiers(RG16)).toEqual([]);
  });
});
