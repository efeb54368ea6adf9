/** The layout that all frames of a link share: what the producer really made of the negotiated format. */
import type { ColorSpace } from '../formats/color-space';
import type { PixelFormatName } from '../formats/pixel-formats';
import type { ColorPlaneLayout } from '../formats/plane-layout';
import type { PlaneArrangement } from './caps';

export interface FrameLayout {
  format: PixelFormatName;
  arrangement: PlaneArrangement;
  /** Pixels of the picture in memory. */
  width: number;
  height: number;
  /** Colour planes: which memory plane, offset, stride and length in bytes. */
  planes: readonly ColorPlaneLayout[];
  /** Bytes that each memory plane (dma-buf) must have. */
  memoryPlanes: readonly number[];
  colorSpace: ColorSpace;
  /** Frames a second, where the source knows. */
  fps: number | undefined;
}
