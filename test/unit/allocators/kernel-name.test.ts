import { bufferName, kernelName } from '../../../src/allocators/kernel-name';

it('names a buffer after its owner and index, and its memory plane where there are several', () => {
  expect(bufferName('camera', 3)).toBe('dmaflow:camera:3');
  expect(bufferName('camera', 3, 1)).toBe('dmaflow:camera:3.p1');
});

it('keeps within 31 bytes and keeps the index', () => {
  const name = bufferName('a-very-long-name-for-a-camera', 12, 1);
  expect(name).toBe('dmaflow:a-very-long-name~:12.p1');
  expect(Buffer.byteLength(name)).toBe(31);
  expect(kernelName('x'.repeat(31))).toBe('x'.repeat(31));
  expect(kernelName('x'.repeat(32))).toBe(`${'x'.repeat(30)}~`);
  expect(kernelName(`a:${'x'.repeat(40)}`)).toBe(`a:${'x'.repeat(28)}~`);
});

it('counts bytes, and cuts whole characters only', () => {
  const name = bufferName('üüüüüüüüüüüüüüü', 3);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(31);
  expect(name).toMatch(/^dmaflow:ü+~:3$/);
});

it('replaces what would break a line of debugfs', () => {
  expect(kernelName('my\tcamera\n1\0')).toBe('my_camera_1_');
});
