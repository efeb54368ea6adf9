import { nearNames } from '../../../src/formats/near-names';

const KNOWN = ['XRGB8888', 'XBGR8888', 'NV12', 'NV21', 'YUYV', 'MJPEG'];

it('puts the nearest name first, whatever the case', () => {
  expect(nearNames('nv13', KNOWN)[0]).toBe('NV12');
  expect(nearNames('XRGB888', KNOWN)[0]).toBe('XRGB8888');
  expect(nearNames('jpeg', KNOWN)[0]).toBe('MJPEG');
});

it('gives no more than asked', () => {
  expect(nearNames('x', KNOWN, 2)).toHaveLength(2);
  expect(nearNames('x', [])).toEqual([]);
});
