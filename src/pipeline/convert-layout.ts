/** What a conversion makes of a frame's layout: formats, sizes, colours. Pure. */
import { UnsupportedError } from '../errors';
import type { ColorSpace } from '../formats/color-space';
import { type PixelFormatName, pixelFormat } from '../formats/pixel-formats';
import { alignedStride, planeLayout } from '../formats/plane-layout';
import type { ConvertedFormat, ConverterConfig, ConverterSide } from '../native/convert';
import { type Caps, fixed, type VideoFormat } from './caps';
import type { FrameLayout } from './frame-layout';
import type { StageBuffers } from './stage';

/** Formats that frames can be converted from; all but MJPEG can be converted to. */
const FORMATS: readonly ConvertedFormat[] = [
  'XRGB8888',
  'RGB565',
  'NV12',
  'NV21',
  'YUYV',
  'UYVY',
  'YUV420',
  'MJPEG',
];
const MADE = FORMATS.filter((format) => format !== 'MJPEG');
/** Pixels of a side. */
const LARGEST = 32_768;

export type Rotation = 0 | 90 | 180 | 270;

/** What is to change; what is left out stays. */
export interface Geometry {
  width?: number | undefined;
  height?: number | undefined;
  rotate: Rotation;
}

/** The name in the table of a format that can be made. `I420` is `YUV420`. @throws UnsupportedError */
export function madeFormat(name: PixelFormatName | (string & {})): ConvertedFormat {
  const { name: known } = pixelFormat(name);
  const made = MADE.find((format) => format === known);
  if (made) return made;
  throw new UnsupportedError(
    `convert() makes no ${known}: it makes ${MADE.join(', ')}, out of ${FORMATS.join(', ')}`,
  );
}

/** All that frames may come in. */
export function inputCaps(): Caps[] {
  const any = { min: 1, max: LARGEST, step: 1 };
  return FORMATS.flatMap((format) => {
    const one: Caps = { format, arrangement: 'one-buffer', width: any, height: any };
    return pixelFormat(format).planes.length > 1
      ? [one, { ...one, arrangement: 'separate-buffers' as const }]
      : [one];
  });
}

/** What can be made of frames of this layout: every format, at one size. */
export function outputCaps(input: FrameLayout, geometry: Geometry): Caps[] {
  const { width, height } = outputSize(input, geometry);
  return MADE.map((format) => ({
    format,
    arrangement: 'one-buffer',
    width: fixed(width),
    height: fixed(height),
  }));
}

/** With one side given the other keeps the proportions; without any the size stays. All after the rotation. */
function outputSize(
  input: FrameLayout,
  { width, height, rotate }: Geometry,
): { width: number; height: number } {
  const turned = rotate % 180 === 0 ? input : { width: input.height, height: input.width };
  const even = (pixels: number) => Math.max(2, Math.round(pixels / 2) * 2);
  if (width !== undefined && height !== undefined) return { width, height };
  if (width !== undefined) return { width, height: even((turned.height * width) / turned.width) };
  if (height !== undefined) return { width: even((turned.width * height) / turned.height), height };
  return { width: turned.width, height: turned.height };
}

/** @param strideAlignment bytes. */
export function outputLayout(input: FrameLayout, output: VideoFormat, strideAlignment: number): FrameLayout {
  const format = pixelFormat(output.format);
  const { width, height } = output;
  const bytesPerLine = alignedStride(format, width, strideAlignment);
  const { planes, memoryLengths } = planeLayout(format, { width, height, bytesPerLine });
  return {
    format: format.name,
    arrangement: 'one-buffer',
    width,
    height,
    planes,
    memoryPlanes: memoryLengths,
    colorSpace: outputColors(input, format.model === 'rgb'),
    fps: input.fps,
  };
}

/** Y'CbCr stays what it is; what is made of RGB is BT.601, limited range, as libyuv makes it. */
function outputColors(input: FrameLayout, rgb: boolean): ColorSpace {
  const colors = inputColors(input);
  if (rgb) return { ...colors, matrix: 'rgb', fullRange: true };
  return colors.matrix === 'rgb' ? { ...colors, matrix: 'smpte170m', fullRange: false } : colors;
}

/** A JPEG file is BT.601, full range (ITU-T T.871), whatever a driver says of it. */
function inputColors({ format, colorSpace }: FrameLayout): ColorSpace {
  return format === 'MJPEG' ? { ...colorSpace, matrix: 'smpte170m', fullRange: true } : colorSpace;
}

/** @throws UnsupportedError for Y'CbCr that libyuv has no matrix for. */
export function colorMeaning(input: FrameLayout): Pick<ConverterConfig, 'matrix' | 'fullRange'> {
  const { matrix, fullRange } = inputColors(input);
  switch (matrix) {
    case 'rgb':
    case 'bt470bg':
    case 'smpte170m':
      return { matrix: 'bt601', fullRange };
    case 'bt709':
      return { matrix: 'bt709', fullRange };
    case 'bt2020-ncl':
      return { matrix: 'bt2020', fullRange };
    default:
      throw new UnsupportedError(
        `convert() knows Y'CbCr of BT.601, BT.709 and BT.2020 (constant luminance not); these ${input.format} frames have another matrix. ` +
          "Set the camera to one of these (its driver's colorspace).",
      );
  }
}

/** The buffers of a segment as the native converter takes them. */
export function converterSide({ layout, buffers }: StageBuffers): ConverterSide {
  const { width, height, planes, memoryPlanes } = layout;
  const format = FORMATS.find((each) => each === layout.format);
  if (!format)
    throw new UnsupportedError(`convert() takes no ${layout.format}: it takes ${FORMATS.join(', ')}`);
  const whole = [{ memory: 0, offset: 0, stride: 0 }];
  return {
    format,
    width,
    height,
    planes:
      planes.length > 0 ? planes.map(({ memory, offset, stride }) => ({ memory, offset, stride })) : whole,
    lengths: [...memoryPlanes],
    buffers: buffers.map((buffer) => buffer.planes.map(({ fd }) => fd)),
  };
}
