import { PIXEL_FORMATS, pixelFormat } from '../../../src/formats/pixel-formats';
import { planeLayout } from '../../../src/formats/plane-layout';
import { capsFromGst, gstInputFormat, gstOutputFormat, rateFromGst } from '../../../src/gstreamer/caps';
import { formatFromGst, gstFormats, gstMedia, gstVideoFormat } from '../../../src/gstreamer/formats';
import type { GstCapsValue } from '../../../src/gstreamer/stage-addon';
import type { FrameLayout } from '../../../src/pipeline/frame-layout';

const RANGE = { min: 1, max: 4096, step: 1 };

function raw(fields: GstCapsValue['fields'], features = 'memory:SystemMemory'): GstCapsValue {
  return { media: 'video/x-raw', features, fields };
}

function layoutOf(overrides: Partial<FrameLayout> = {}): FrameLayout {
  const { planes, memoryLengths } = planeLayout(pixelFormat('NV12'), { width: 640, height: 480 });
  return {
    format: 'NV12',
    arrangement: 'one-buffer',
    width: 640,
    height: 480,
    planes,
    memoryPlanes: memoryLengths,
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    fps: 30,
    ...overrides,
  };
}

describe('the table', () => {
  it('has one name of GStreamer for each format, and finds the format by it', () => {
    const raws = gstFormats().filter((format) => gstVideoFormat(format) !== undefined);
    expect(raws.length).toBeGreaterThan(20);
    for (const format of raws) expect(formatFromGst(gstVideoFormat(format) ?? '')).toBe(format);
  });

  it('orders bytes as memory does where DRM orders bits', () => {
    expect(gstVideoFormat('XRGB8888')).toBe('BGRx');
    expect(gstVideoFormat('BGR888')).toBe('RGB');
  });

  it('says that a format is compressed exactly where our own table does', () => {
    for (const format of PIXEL_FORMATS) {
      if (gstMedia(format.name)) expect(format.model).toBe('compressed');
      if (gstVideoFormat(format.name)) expect(format.planes.length).toBeGreaterThan(0);
    }
  });
});

describe('caps of GStreamer', () => {
  it('become one alternative a format', () => {
    const caps = capsFromGst([raw({ format: ['NV12', 'A420', 'I420'], width: RANGE, height: 480 })]);
    expect(caps).toEqual([
      { format: 'NV12', arrangement: 'one-buffer', width: RANGE, height: { min: 480, max: 480, step: 1 } },
      { format: 'YUV420', arrangement: 'one-buffer', width: RANGE, height: { min: 480, max: 480, step: 1 } },
    ]);
  });

  it('are taken from system memory and dma-bufs alike, each once, and from no other memory', () => {
    const fields = { format: 'NV12', width: RANGE, height: RANGE };
    const all = ['memory:SystemMemory', 'memory:DMABuf', 'memory:GLMemory'].map((f) => raw(fields, f));
    expect(capsFromGst(all)).toHaveLength(1);
    expect(capsFromGst([raw(fields, 'memory:GLMemory')])).toEqual([]);
  });

  it('that take anything restrict nothing', () => {
    expect(capsFromGst('any')).toBeUndefined();
  });

  it('of a compressed stream are its format', () => {
    expect(capsFromGst([{ media: 'image/jpeg', features: 'memory:SystemMemory', fields: {} }])).toMatchObject(
      [{ format: 'MJPEG' }],
    );
  });

  it('have a rate where there is but one', () => {
    expect(rateFromGst([raw({ framerate: 25 }), raw({ framerate: 25 })])).toBe(25);
    expect(rateFromGst([raw({ framerate: 25 }), raw({ framerate: 30 })])).toBeUndefined();
    expect(rateFromGst([raw({ framerate: { min: 0, max: 60, step: 0 } })])).toBeUndefined();
  });
});

describe('frames for GStreamer', () => {
  it('are raw video with our strides and offsets, and a duration', () => {
    const format = gstInputFormat(layoutOf(), '1.22.0');
    expect(format.caps).toBe(
      'video/x-raw,format=NV12,width=640,height=480,framerate=30/1;' +
        'video/x-raw(memory:DMABuf),format=NV12,width=640,height=480,framerate=30/1',
    );
    expect(format).toMatchObject({ size: 460800, duration: 33333333, format: 'NV12' });
    expect(format.planes).toEqual([
      { offset: 0, stride: 640 },
      { offset: 307200, stride: 640 },
    ]);
  });

  it('name dma-bufs by their DRM format from 1.24 on', () => {
    expect(gstInputFormat(layoutOf({ format: 'XRGB8888' }), '1.26.2').caps).toContain(
      'video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=(string)"XR24",width=640',
    );
  });

  it('count offsets over memory planes where each colour plane has its own', () => {
    const { planes, memoryLengths } = planeLayout(pixelFormat('NV12'), {
      width: 640,
      height: 480,
      memoryPlanes: 2,
    });
    const layout = layoutOf({ planes, memoryPlanes: memoryLengths, arrangement: 'separate-buffers' });
    expect(gstInputFormat(layout, '1.22.0').planes[1]).toEqual({ offset: 307200, stride: 640 });
  });

  it('have rates of television as fractions, and a variable rate where it is not known', () => {
    expect(gstInputFormat(layoutOf({ fps: 30000 / 1001 }), '1.22.0').caps).toContain('framerate=30000/1001');
    expect(gstInputFormat(layoutOf({ fps: 12.5 }), '1.22.0').caps).toContain('framerate=12500/1000');
    expect(gstInputFormat(layoutOf({ fps: undefined }), '1.22.0').caps).toContain('framerate=0/1');
    expect(gstOutputFormat(layoutOf({ fps: undefined }), '1.22.0').caps).not.toContain('framerate');
  });

  it('of a compressed format have no planes', () => {
    const format = gstInputFormat(
      layoutOf({ format: 'MJPEG', planes: [], memoryPlanes: [614400] }),
      '1.22.0',
    );
    expect(format).toMatchObject({ planes: [], size: 614400 });
    expect(format.caps).toBe('image/jpeg,width=640,height=480,framerate=30/1');
    expect(format.format).toBeUndefined();
  });
});
