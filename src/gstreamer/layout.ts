/** Frames that GStreamer makes: what the graph and its memory know of them. Pure. */
import { type MemoryRequirement, memoryRequirement } from '../allocators/memory-requirement';
import type { ColorSpace } from '../formats/color-space';
import { pixelFormat } from '../formats/pixel-formats';
import { alignedStride, planeLayout } from '../formats/plane-layout';
import type { VideoFormat } from '../pipeline/caps';
import type { FrameLayout } from '../pipeline/frame-layout';

/** GStreamer's own strides are multiples of 4: with them elements that know no strides but these write in place. */
const STRIDE_ALIGNMENT = 4;

/** @param strideAlignment bytes, of what takes the frames. */
export function madeLayout(
  { format, width, height }: VideoFormat,
  fps: number | undefined,
  strideAlignment = 1,
): FrameLayout {
  const known = pixelFormat(format);
  const stride = alignedStride(known, width, Math.max(STRIDE_ALIGNMENT, strideAlignment));
  const { planes, memoryLengths } = planeLayout(known, { width, height, bytesPerLine: stride });
  const colorSpace = known.model === 'rgb' ? SRGB : height >= 720 ? HD : SD;
  return {
    format,
    arrangement: 'one-buffer',
    width,
    height,
    planes,
    memoryPlanes: memoryLengths,
    colorSpace,
    fps,
  };
}

/** GStreamer's assumptions where caps say nothing (gst_video_info_set_format). */
const SRGB: ColorSpace = { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'rgb', fullRange: true };
const HD: ColorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false };
const SD: ColorSpace = { primaries: 'smpte170m', transfer: 'bt709', matrix: 'smpte170m', fullRange: false };

/** Elements that hand buffers to a device. */
const DEVICE_ELEMENTS = /\b(v4l2\w+|kmssink|omx\w+|mpp\w+)\b/;

/**
 * What a description needs of the buffers at one of its ends: contiguous ones where a device may get at them.
 * @param contiguous the user's own word.
 */
export function gstMemory(
  description: string,
  needs: { cpu: 'read' | 'write'; count: number; contiguous: boolean | undefined },
): MemoryRequirement {
  const device = needs.contiguous ?? DEVICE_ELEMENTS.test(description);
  return memoryRequirement({ contiguous: device, device, cpu: needs.cpu, count: needs.count });
}
