/** Values of GStreamer as JavaScript has them. */

export interface GstFraction {
  numerator: number;
  denominator: number;
}

/**
 * A property, a tag or a field of a message. 64-bit integers beyond 2^53 are BigInts; enums are their short names
 * (`'smpte'`), flags `'a+b'`, caps their text; elements and pads are their names; null is what has no value.
 */
export type GstValue =
  | boolean
  | number
  | bigint
  | string
  | null
  | GstFraction
  | GstValue[]
  | { [field: string]: GstValue };
