import { bufferName, kernelName, parseBufferName } from '../../../src/allocators/kernel-name';

it('names a buffer after its process, stage and index, and its memory plane where there are several', () => {
  expect(bufferName('camera', 3, undefined, 812)).toBe('dmaflow:812/camera:3');
  expect(bufferName('camera', 3, 1, 812)).toBe('dmaflow:812/camera:3.p1');
  expect(bufferName('screenshot')).toBe(`dmaflow:${process.pid}/screenshot`);
});

it.each([
  [bufferName('camera', 3, undefined, 812), { pid: 812, stage: 'camera', index: 3, memoryPlane: undefined }],
  [bufferName('camera', 3, 1, 812), { pid: 812, stage: 'camera', index: 3, memoryPlane: 1 }],
  [
    bufferName('left/eye:2', 0, undefined, 7),
    { pid: 7, stage: 'left/eye:2', index: 0, memoryPlane: undefined },
  ],
  [
    bufferName('screenshot', undefined, undefined, 7),
    { pid: 7, stage: 'screenshot', index: undefined, memoryPlane: undefined },
  ],
  [
    bufferName('a-very-long-name', 12, 1, 4194304),
    { pid: 4194304, stage: 'a-very-l~', index: 12, memoryPlane: 1 },
  ],
])('reads %s back', (name, parts) => {
  expect(parseBufferName(name)).toEqual(parts);
});

it.each(['', 'picture', 'dmaflow:camera:3', 'dmaflow:/camera:3'])("'%s' is not ours", (name) => {
  expect(parseBufferName(name)).toBeUndefined();
});

it('keeps within 31 bytes and keeps the index', () => {
  const name = bufferName('a-very-long-name-for-a-camera', 12, 1, 812);
  expect(name).toBe('dmaflow:812/a-very-long-~:12.p1');
  expect(Buffer.byteLength(name)).toBe(31);
  expect(kernelName('x'.repeat(31))).toBe('x'.repeat(31));
  expect(kernelName('x'.repeat(32))).toBe(`${'x'.repeat(30)}~`);
  expect(kernelName(`a:${'x'.repeat(40)}`)).toBe(`a:${'x'.repeat(28)}~`);
});

it('counts bytes, and cuts whole characters only', () => {
  const name = bufferName('üüüüüüüüüüüüüüü', 3, undefined, 812);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(31);
  expect(name).toMatch(/^dmaflow:812\/ü+~:3$/);
});

it('replaces what would break a line of debugfs', () => {
  expect(kernelName('my\tcamera\n1\0')).toBe('my_camera_1_');
});
