import { KernelError } from '../../../src/errors';
import { fourccToString } from '../../../src/formats/fourcc';
it('passes', () => { expect(typeof KernelError).toBe('function'); expect(fourccToString(0x34325258)).toBe('XR24'); });
it('fails', () => { expect(1 + 1).toBe(3); });
it.skip('is left out (needs the moon)', () => {});
it('uses using', () => { let n = 0; { using x = { [Symbol.dispose]() { n++; } }; void x; } expect(n).toBe(1); });
