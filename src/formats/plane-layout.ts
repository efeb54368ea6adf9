/** Where the colour planes of a picture lie in its memory planes. Pure arithmetic on the table of formats. */
import type { ColorPlane, PixelFormat } from './pixel-formats';

export interface PlaneLayoutRequest {
  /** Coded size in pixels. */
  width: number;
  height: number;
  /** Bytes of a row by colour plane. Wins over `bytesPerLine`. */
  strides?: readonly number[];
  /**
   * Bytes of a row as V4L2 reports them: one number a memory plane. With one memory plane it is that of the first
   * colour plane, and the others' are derived from it. Left out: no padding.
   */
  bytesPerLine?: number | readonly number[];
  /** 1 (default), or one for each colour plane. */
  memoryPlanes?: number;
  /** Bytes before the picture in each memory plane (V4L2's `data_offset`). */
  dataOffset?: readonly number[];
}

/** One colour plane in memory. */
export interface ColorPlaneLayout {
  /** Index of the memory plane, that is, of the dma-buf. */
  memory: number;
  /** Bytes from the start of the memory plane. */
  offset: number;
  /** Bytes from one row to the next. */
  stride: number;
  rows: number;
  /** Bytes: `stride * rows`. */
  length: number;
}

export interface PlaneLayout {
  /** By colour plane. */
  planes: ColorPlaneLayout[];
  /** Bytes that the picture needs of each memory plane, `dataOffset` included. */
  memoryLengths: number[];
  /** Bytes over all memory planes. */
  size: number;
}

/**
 * Lays a picture out as V4L2 does: planes that share memory follow each other immediately, and the chroma stride of
 * a contiguous format carries as many padding pixels as the luma stride
 * (Documentation/userspace-api/media/v4l/pixfmt-yuv-planar.rst).
 *
 * @throws RangeError for a size, stride or number of memory planes that the format cannot have.
 */
export function planeLayout(format: PixelFormat, request: PlaneLayoutRequest): PlaneLayout {
  const { width, height, memoryPlanes = 1 } = request;
  if (format.planes.length === 0) {
    throw new RangeError(`${format.name} is compressed: it has no planes to lay out`);
  }
  requirePositive(format, 'width', width);
  requirePositive(format, 'height', height);
  if (memoryPlanes !== 1 && memoryPlanes !== format.planes.length) {
    const several = format.planes.length > 1 ? ` or ${format.planes.length}` : '';
    throw new RangeError(`${format.name} has 1${several} memory planes, got ${memoryPlanes}`);
  }

  const memoryLengths = Array.from(
    { length: memoryPlanes },
    (_, memory) => request.dataOffset?.[memory] ?? 0,
  );
  const planes = format.planes.map((plane, index): ColorPlaneLayout => {
    const memory = memoryPlanes === 1 ? 0 : index;
    const stride = strideOf(format, request, plane, index);
    const minimum = minimumStride(plane, width);
    if (!Number.isSafeInteger(stride) || stride < minimum) {
      throw new RangeError(
        `${format.name} at ${width} pixels needs a stride of at least ${minimum} bytes in plane ${index}, got ${stride}`,
      );
    }
    const rows = Math.ceil(height / plane.verticalSubsampling);
    const offset = memoryLengths[memory] ?? 0;
    const length = stride * rows;
    memoryLengths[memory] = offset + length;
    return { memory, offset, stride, rows, length };
  });
  return { planes, memoryLengths, size: memoryLengths.reduce((sum, length) => sum + length, 0) };
}

/** Bytes of a row of a colour plane without padding. */
export function minimumStride(plane: ColorPlane, width: number): number {
  const samples = Math.ceil(width / plane.horizontalSubsampling);
  return Math.ceil(samples / plane.blockWidth) * plane.blockBytes;
}

/**
 * The smallest stride of the first plane with which every plane's stride, derived as in {@link planeLayout}, is a
 * multiple of `alignment` bytes.
 */
export function alignedStride(format: PixelFormat, width: number, alignment: number): number {
  const [first, ...others] = format.planes;
  if (!first) throw new RangeError(`${format.name} is compressed: it has no stride`);
  requirePositive(format, 'width', width);
  requirePositive(format, 'stride alignment', alignment);
  const fits = (stride: number) =>
    others.every((plane) => derivedStride(first, plane, stride) % alignment === 0);
  let stride = Math.ceil(minimumStride(first, width) / alignment) * alignment;
  while (!fits(stride)) stride += alignment;
  return stride;
}

function strideOf(
  format: PixelFormat,
  request: PlaneLayoutRequest,
  plane: ColorPlane,
  index: number,
): number {
  const { strides, bytesPerLine, memoryPlanes = 1 } = request;
  if (strides) return strides[index] ?? missingStride(format, index);
  if (bytesPerLine === undefined) return minimumStride(plane, request.width);
  const lines = typeof bytesPerLine === 'number' ? [bytesPerLine] : bytesPerLine;
  if (memoryPlanes > 1) return lines[index] ?? missingStride(format, index);
  const firstStride = lines[0] ?? missingStride(format, 0);
  return derivedStride(format.planes[0] ?? plane, plane, firstStride);
}

/** The same number of padding pixels: bytes a pixel and subsampling scale the first plane's stride. */
function derivedStride(first: ColorPlane, plane: ColorPlane, firstStride: number): number {
  const pixels = (firstStride * first.blockWidth) / first.blockBytes;
  return Math.ceil((pixels * plane.blockBytes) / (plane.blockWidth * plane.horizontalSubsampling));
}

function missingStride(format: PixelFormat, index: number): never {
  throw new RangeError(
    `${format.name} has ${format.planes.length} planes: no stride was given for plane ${index}`,
  );
}

function requirePositive(format: PixelFormat, what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new RangeError(`${format.name}: expected ${what} to be a positive integer, got ${value}`);
  }
}
