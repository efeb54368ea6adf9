/** A frame's bytes as raw video is stored: without what pads its rows. Pure. */
import { pixelFormat } from '../formats/pixel-formats';
import type { Frame } from './frame';
import type { PlanePixels } from './frame-cpu-access';

/**
 * Views of a frame's bytes in the order of raw video: plane after plane, row after row. A plane without padding is one view. Of a
 * compressed frame it is what the camera filled.
 */
export function frameBytes(
  frame: Pick<Frame, 'format' | 'bytesUsed'>,
  planes: readonly PlanePixels[],
): Uint8Array[] {
  const format = pixelFormat(frame.format);
  if (format.model === 'compressed') return planes.map(({ data }) => data.subarray(0, frame.bytesUsed[0]));
  return planes.flatMap(({ data, stride, width, height }, index) => {
    const { blockWidth = 1, blockBytes = 1 } = format.planes[index] ?? {};
    const row = Math.ceil(width / blockWidth) * blockBytes;
    if (row === stride) return [data.subarray(0, stride * height)];
    return Array.from({ length: height }, (_, y) => data.subarray(y * stride, y * stride + row));
  });
}
