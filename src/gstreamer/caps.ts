/** Our caps and GStreamer's: pure. */

import { fourccToString } from '../formats/fourcc';
import { type PixelFormatName, pixelFormat } from '../formats/pixel-formats';
import type { Caps, Range } from '../pipeline/caps';
import type { FrameLayout } from '../pipeline/frame-layout';
import { formatFromGst, formatFromMedia, gstMedia, gstVideoFormat } from './formats';
import type { GstCaps, GstCapsValue, GstField, GstFrameFormat, GstRange } from './stage-addon';

const ANY: Range = { min: 1, max: Number.MAX_SAFE_INTEGER, step: 1 };

/** What a pad takes or gives, as alternatives of a port; undefined where it takes anything. What is not ours is left out. */
export function capsFromGst(caps: Exclude<GstCaps, undefined>): Caps[] | undefined {
  if (caps === 'any') return undefined;
  const alternatives = caps.flatMap((structure) =>
    formatsOf(structure).map((format): Caps => {
      const { width, height } = structure.fields;
      return { format, arrangement: 'one-buffer', width: rangeOf(width), height: rangeOf(height) };
    }),
  );
  return alternatives.filter(
    (each, index) =>
      !alternatives.some((other, at) => covers(other, each) && (at < index || !covers(each, other))),
  );
}

/** Whether one alternative has all of another: elements list what they prefer first, and what they take at all after it. */
function covers(one: Caps, other: Caps): boolean {
  const wider = (a: Range, b: Range) => a.min <= b.min && a.max >= b.max && a.step === 1;
  return one.format === other.format && wider(one.width, other.width) && wider(one.height, other.height);
}

/** The one rate of a pad, frames a second; undefined where it can have several. */
export function rateFromGst(caps: GstCaps): number | undefined {
  if (!Array.isArray(caps)) return undefined;
  const rates = new Set(caps.map(({ fields }) => fields.framerate));
  const [rate] = rates;
  return rates.size === 1 && typeof rate === 'number' && rate > 0 ? rate : undefined;
}

function formatsOf({ media, features, fields }: GstCapsValue): PixelFormatName[] {
  if (!/^(memory:(SystemMemory|DMABuf))?$/.test(features.replace(/, meta:\S+/g, ''))) return [];
  if (media !== 'video/x-raw') {
    const format = formatFromMedia(media);
    return format ? [format] : [];
  }
  const names = (field: GstField): string[] => {
    if (typeof field === 'string') return [field];
    return Array.isArray(field) ? field.flatMap(names) : [];
  };
  return names(fields.format).flatMap((name) => formatFromGst(name) ?? []);
}

function rangeOf(field: GstField): Range {
  if (typeof field === 'number') return { min: field, max: field, step: 1 };
  if (Array.isArray(field)) {
    const ranges = field.map(rangeOf);
    return {
      min: Math.min(...ranges.map((r) => r.min)),
      max: Math.max(...ranges.map((r) => r.max)),
      step: 1,
    };
  }
  return isRange(field) ? { min: field.min, max: field.max, step: Math.max(1, field.step) } : ANY;
}

function isRange(field: GstField): field is GstRange {
  return typeof field === 'object' && !Array.isArray(field);
}

/**
 * Frames that go into GStreamer; a rate that is not known is 0/1, a variable one.
 * @param version of the GStreamer that runs, `1.24.2`: from 1.24 on dma-bufs have caps of their own.
 */
export function gstInputFormat(layout: FrameLayout, version: string): GstFrameFormat {
  return frameFormat(
    layout,
    version,
    `,framerate=${layout.fps === undefined ? '0/1' : fraction(layout.fps)}`,
  );
}

/** Frames that come out of GStreamer; a rate that is not known is whatever comes. */
export function gstOutputFormat(layout: FrameLayout, version: string): GstFrameFormat {
  return frameFormat(layout, version, layout.fps === undefined ? '' : `,framerate=${fraction(layout.fps)}`);
}

function frameFormat(layout: FrameLayout, version: string, rate: string): GstFrameFormat {
  const { format, width, height, fps } = layout;
  const name = gstVideoFormat(format);
  const size = `width=${width},height=${height}${rate}`;
  const common = {
    width,
    height,
    size: layout.memoryPlanes.reduce((sum, length) => sum + length, 0),
    ...(fps === undefined ? {} : { duration: Math.round(1e9 / fps) }),
  };
  if (name === undefined) {
    const compressed = gstMedia(format);
    if (!compressed) throw new RangeError(`GStreamer has no caps for ${format}`);
    return { ...common, caps: `${compressed.media}${compressed.fields},${size}`, planes: [] };
  }
  const starts = layout.memoryPlanes.map((_, memory) =>
    layout.memoryPlanes.slice(0, memory).reduce((sum, length) => sum + length, 0),
  );
  return {
    ...common,
    caps: `video/x-raw,format=${name},${size};${dmaBufCaps(format, name, size, version)}`,
    format: name,
    planes: layout.planes.map(({ memory, offset, stride }) => ({
      offset: (starts[memory] ?? 0) + offset,
      stride,
    })),
  };
}

/** For elements that take nothing but dma-bufs. */
function dmaBufCaps(format: PixelFormatName, name: string, size: string, version: string): string {
  const { drmFourcc } = pixelFormat(format);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (drmFourcc === undefined || (major === 1 && minor < 24)) {
    return `video/x-raw(memory:DMABuf),format=${name},${size}`;
  }
  return `video/x-raw(memory:DMABuf),format=DMA_DRM,drm-format=(string)"${fourccToString(drmFourcc)}",${size}`;
}

/** 29.97 is 30000/1001: rates of television are thousandths below a whole number. */
function fraction(fps: number): string {
  if (Number.isInteger(fps)) return `${fps}/1`;
  const television = Math.round(fps * 1.001);
  if (Math.abs(television / 1.001 - fps) < 0.005) return `${television * 1000}/1001`;
  return `${Math.round(fps * 1000)}/1000`;
}
