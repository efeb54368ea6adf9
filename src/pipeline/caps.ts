/**
 * Caps: what a port can do, as a list of alternatives. Pure values; the numbers are pixels.
 */
import type { PixelFormatName } from '../formats/pixel-formats';

/** Inclusive, in steps from `min`. A single value has `min` equal to `max`. */
export interface Range {
  min: number;
  max: number;
  step: number;
}

/** How the colour planes of a format lie in memory: in one dma-buf, or in one each (V4L2's `NV12M`). */
export type PlaneArrangement = 'one-buffer' | 'separate-buffers';

/** One alternative of a port. */
export interface Caps {
  format: PixelFormatName;
  arrangement: PlaneArrangement;
  width: Range;
  height: Range;
}

/** What two ends agreed on. */
export interface VideoFormat {
  format: PixelFormatName;
  arrangement: PlaneArrangement;
  width: number;
  height: number;
}

export function fixed(value: number): Range {
  return { min: value, max: value, step: 1 };
}

export function contains(range: Range, value: number): boolean {
  return value >= range.min && value <= range.max && (value - range.min) % range.step === 0;
}

/** The value of `range` within [`low`, `high`] that is nearest to `wish`; undefined where there is none. */
export function nearest(range: Range, low: number, high: number, wish: number): number | undefined {
  const step = Math.max(1, range.step);
  const first = range.min + Math.ceil(Math.max(0, low - range.min) / step) * step;
  const last = range.min + Math.floor((Math.min(high, range.max) - range.min) / step) * step;
  if (first > last) return undefined;
  const aligned = range.min + Math.round((wish - range.min) / step) * step;
  return Math.min(last, Math.max(first, aligned));
}

export function describeRange(range: Range): string {
  return range.min === range.max ? `${range.min}` : `${range.min}..${range.max}`;
}

/** `NV12 1280x720`, or `XRGB8888 16..3840x16..2160`. */
export function describeCaps(caps: Caps): string {
  const planes = caps.arrangement === 'separate-buffers' ? ' in separate buffers' : '';
  return `${caps.format}${planes} ${describeRange(caps.width)}x${describeRange(caps.height)}`;
}
