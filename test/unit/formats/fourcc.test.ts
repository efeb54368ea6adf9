import { fourccFromString, fourccToString } from '../../../src/formats/fourcc';

describe('fourccFromString', () => {
  it('packs the first character into the lowest byte, as v4l2_fourcc and fourcc_code do', () => {
    expect(fourccFromString('XR24')).toBe(0x34325258);
    expect(fourccFromString('NV12')).toBe(0x3231564e);
  });

  it('pads short names with spaces, as DRM_FORMAT_R8 has them', () => {
    expect(fourccFromString('R8')).toBe(0x20203852);
    expect(fourccFromString('R8  ')).toBe(0x20203852);
  });

  it('sets bit 31 for big-endian samples and stays unsigned', () => {
    expect(fourccFromString('AR15-BE')).toBe(0xb5315241);
  });

  it.each(['', 'XRGB8888', 'XR\u00e9', 'A\0B'])('refuses %j and says what it expected', (text) => {
    expect(() => fourccFromString(text)).toThrow(RangeError);
    expect(() => fourccFromString(text)).toThrow(/one to four printable ASCII characters, like 'XR24', got/);
  });
});

describe('fourccToString', () => {
  it.each(['XR24', 'NV12', 'R8', 'AR15-BE', 'Y16-BE'])('gives %s back', (name) => {
    expect(fourccToString(fourccFromString(name))).toBe(name);
  });

  it('takes signed numbers', () => {
    expect(fourccToString(0xb5315241 | 0)).toBe('AR15-BE');
  });

  it('gives codes that cannot be printed in hexadecimal', () => {
    expect(fourccToString(0x01020304)).toBe('0x01020304');
    expect(fourccToString(0)).toBe('0x00000000');
  });
});
