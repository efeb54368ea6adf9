/**
 * Our pixel formats and GStreamer's names for them, as one table: caps are written and read by it. GStreamer names RGB by the order of
 * the bytes in memory, DRM by that of the bits in a little-endian word
 * (https://gstreamer.freedesktop.org/documentation/additional/design/mediatype-video-raw.html).
 */
import type { PixelFormatName } from '../formats/pixel-formats';

/** `video/x-raw` */
const RAW: Partial<Record<PixelFormatName, string>> = {
  XRGB8888: 'BGRx',
  ARGB8888: 'BGRA',
  XBGR8888: 'RGBx',
  ABGR8888: 'RGBA',
  BGRX8888: 'xRGB',
  BGRA8888: 'ARGB',
  RGBX8888: 'xBGR',
  RGBA8888: 'ABGR',
  RGB888: 'BGR',
  BGR888: 'RGB',
  RGB565: 'RGB16',
  XRGB1555: 'RGB15',
  NV12: 'NV12',
  NV21: 'NV21',
  YUYV: 'YUY2',
  UYVY: 'UYVY',
  YVYU: 'YVYU',
  VYUY: 'VYUY',
  NV16: 'NV16',
  NV61: 'NV61',
  NV24: 'NV24',
  YUV420: 'I420',
  YVU420: 'YV12',
  YUV422: 'Y42B',
  YUV444: 'Y444',
  P010: 'P010_10LE',
  R8: 'GRAY8',
  R16: 'GRAY16_LE',
};

/** What a V4L2 device gives a frame at a time. */
const COMPRESSED: Partial<Record<PixelFormatName, { media: string; fields: string }>> = {
  MJPEG: { media: 'image/jpeg', fields: '' },
  H264: { media: 'video/x-h264', fields: ',stream-format=byte-stream,alignment=au' },
  HEVC: { media: 'video/x-h265', fields: ',stream-format=byte-stream,alignment=au' },
  VP8: { media: 'video/x-vp8', fields: '' },
  VP9: { media: 'video/x-vp9', fields: '' },
};

const fromRaw = new Map(Object.entries(RAW).map(([ours, name]) => [name, ours as PixelFormatName]));
const fromMedia = new Map(
  Object.entries(COMPRESSED).map(([ours, { media }]) => [media, ours as PixelFormatName]),
);

/** GStreamer's name of a raw format; undefined for formats that it does not have, or that are compressed. */
export function gstVideoFormat(format: PixelFormatName): string | undefined {
  return RAW[format];
}

export function formatFromGst(name: string): PixelFormatName | undefined {
  return fromRaw.get(name);
}

/** Media type and fields of a compressed format; undefined for others. */
export function gstMedia(format: PixelFormatName): { media: string; fields: string } | undefined {
  return COMPRESSED[format];
}

export function formatFromMedia(media: string): PixelFormatName | undefined {
  return fromMedia.get(media);
}

/** Every format that GStreamer knows too. */
export function gstFormats(): PixelFormatName[] {
  return [...fromRaw.values(), ...fromMedia.values()];
}
