/** What a display shows, as pixels in memory of its own. */
import type { PixelFormatName } from '../formats/pixel-formats';

export interface Screenshot {
  /** Pixels. */
  width: number;
  height: number;
  format: PixelFormatName;
  /** Bytes of a row. */
  stride: number;
  data: Uint8Array;
}
