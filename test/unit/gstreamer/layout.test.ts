import { gstMemory, madeLayout } from '../../../src/gstreamer/layout';

describe('frames that GStreamer makes', () => {
  const format = { format: 'YUV420', arrangement: 'one-buffer', width: 162, height: 120 } as const;

  it('have strides that every element can write: multiples of 4 in each plane', () => {
    const { planes, memoryPlanes } = madeLayout(format, 30);
    expect(planes.map(({ stride }) => stride)).toEqual([168, 84, 84]);
    expect(memoryPlanes).toEqual([168 * 120 + 2 * 84 * 60]);
  });

  it('have wider ones where what takes them asks for it', () => {
    expect(madeLayout({ ...format, format: 'NV12' }, 30, 64).planes[0]?.stride).toBe(192);
  });
});

describe('memory of a description', () => {
  const needs = { cpu: 'read', count: 4, contiguous: undefined } as const;

  it('is contiguous where an element hands buffers to a device', () => {
    expect(gstMemory('v4l2h264enc ! filesink location=x', needs)).toMatchObject({
      contiguous: true,
      device: true,
    });
    expect(gstMemory('queue ! kmssink', needs)).toMatchObject({ contiguous: true });
    expect(gstMemory('jpegenc ! filesink location=v4l', needs)).toMatchObject({
      contiguous: false,
      device: false,
    });
  });

  it('is what its user says', () => {
    expect(gstMemory('kmssink', { ...needs, contiguous: false })).toMatchObject({ contiguous: false });
    expect(gstMemory('vah264enc', { ...needs, contiguous: true })).toMatchObject({
      contiguous: true,
      device: true,
    });
  });
});
