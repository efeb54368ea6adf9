/** Setting a camera's format, and reading back what the driver really made of it. */
import { NegotiationError } from '../../errors';
import { type ColorSpace, colorSpaceFromV4l2 } from '../../formats/color-space';
import { fourccToString } from '../../formats/fourcc';
import { type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import { type ColorPlaneLayout, planeLayout } from '../../formats/plane-layout';
import type { Kernel } from '../../native/kernel';
import type { V4l2Format } from '../../native/v4l2';
import {
  type CameraOffer,
  type CaptureFormat,
  formatName,
  intervalFor,
  listFrameRates,
  nearestSizes,
  offerText,
  rateOf,
  rateText,
  sameRate,
  sizeText,
} from './capture-formats';

/** enum v4l2_field: whole frames. */
const FIELD_NONE = 1;
/** TOP, BOTTOM, SEQ_TB, SEQ_BT, ALTERNATE: fields apart, which is no picture that can be shown as it is. */
const FIELDS_APART = new Set([2, 3, 5, 6, 7]);

export interface CaptureRequest {
  pixelFormat: PixelFormatName;
  /** Left out: in one memory plane where the camera offers that, else in separate ones. */
  separatePlanes?: boolean | undefined;
  /** Pixels. */
  width: number;
  height: number;
  /** Frames a second. Left out: the camera stays at the rate it is set to. */
  fps?: number | undefined;
}

/** What the driver made of a {@link CaptureRequest}. */
export interface CaptureConfiguration {
  pixelFormat: PixelFormatName;
  separatePlanes: boolean;
  width: number;
  height: number;
  /** Undefined where the driver does not say. */
  fps: number | undefined;
  /** By memory plane, bytes: `sizeImage` is what each dma-buf must have at least. */
  memoryPlanes: { bytesPerLine: number; sizeImage: number }[];
  /** By colour plane; empty for compressed formats. */
  planes: ColorPlaneLayout[];
  colorSpace: ColorSpace;
}

export interface OpenCamera {
  kernel: Kernel;
  fd: number;
  bufferType: number;
  /** The camera for people: `vivid (/dev/video0)`. */
  name: string;
  offer: CameraOffer;
}

/** S_FMT and S_PARM. Throws {@link NegotiationError} with the offer where the driver grants something else. */
export function configureCapture(camera: OpenCamera, request: CaptureRequest): CaptureConfiguration {
  checkRequest(request);
  const format = pixelFormat(request.pixelFormat);
  const offered = offeredFormat(camera, request);
  const { kernel, fd, bufferType } = camera;
  const count = offered.separatePlanes ? format.planes.length : 1;
  const made = kernel.v4l2SetFormat(fd, bufferType, {
    width: request.width,
    height: request.height,
    pixelFormat: offered.v4l2Fourcc,
    field: FIELD_NONE,
    colorspace: 0,
    ycbcrEncoding: 0,
    quantization: 0,
    transferFunction: 0,
    planes: Array.from({ length: count }, () => ({ bytesPerLine: 0, sizeImage: 0 })),
  });
  checkMade(camera, request, offered, made);
  const configuration: CaptureConfiguration = {
    pixelFormat: format.name,
    separatePlanes: offered.separatePlanes,
    width: made.width,
    height: made.height,
    fps: setFrameRate(camera, request, offered),
    memoryPlanes: made.planes.map(({ bytesPerLine, sizeImage }) => ({ bytesPerLine, sizeImage })),
    planes: [],
    colorSpace: colorSpaceFromV4l2(made, format.model),
  };
  return { ...configuration, planes: planesAt(configuration, []) };
}

/**
 * Where the colour planes lie when the pictures begin `dataOffset` bytes into their memory planes, which the driver
 * says only of a buffer that was queued (V4L2's `data_offset`).
 */
export function planesAt(made: CaptureConfiguration, dataOffset: readonly number[]): ColorPlaneLayout[] {
  const format = pixelFormat(made.pixelFormat);
  if (format.planes.length === 0) return [];
  return planeLayout(format, {
    width: made.width,
    height: made.height,
    memoryPlanes: made.memoryPlanes.length,
    bytesPerLine: made.memoryPlanes.map((plane) => plane.bytesPerLine),
    dataOffset,
  }).planes;
}

function checkRequest({ width, height, fps }: CaptureRequest): void {
  for (const [what, value] of [['width', width] as const, ['height', height] as const]) {
    if (!Number.isInteger(value) || value <= 0) {
      throw new RangeError(`expected ${what} as a positive whole number of pixels, got ${value}`);
    }
  }
  if (fps !== undefined && !(fps > 0 && fps < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`expected fps as a positive number, got ${fps}`);
  }
}

function offeredFormat(camera: OpenCamera, request: CaptureRequest): CaptureFormat {
  const { pixelFormat: wanted, separatePlanes } = request;
  const find = () => {
    const fitting = camera.offer
      .formats(wanted)
      .filter((each) => separatePlanes === undefined || each.separatePlanes === separatePlanes);
    return fitting.find((each) => !each.separatePlanes) ?? fitting[0];
  };
  const known = find();
  if (known) return known;
  camera.offer.forget();
  const best = find();
  if (best) return best;
  const offer = camera.offer.all();
  const name = formatName({ pixelFormat: wanted, separatePlanes: separatePlanes ?? false });
  throw notGranted(
    'format',
    offer.formats,
    request,
    `${camera.name} does not offer ${name}. It offers ${offerText(offer)}.`,
  );
}

function checkMade(
  camera: OpenCamera,
  request: CaptureRequest,
  offered: CaptureFormat,
  made: V4l2Format,
): void {
  const name = formatName(offered);
  if (made.pixelFormat !== offered.v4l2Fourcc) {
    const offer = camera.offer.all();
    const got = fourccToString(made.pixelFormat);
    const message = `${camera.name} gave ${got} when asked for ${name}. It offers ${offerText(offer)}.`;
    throw notGranted('format', offer.formats, request, message);
  }
  if (made.width !== request.width || made.height !== request.height) {
    const nearest = nearestSizes(offered.sizes, request);
    const sizes =
      nearest.length > 0 ? ` Sizes of ${name}, nearest first: ${nearest.map(sizeText).join(', ')}.` : '';
    const message =
      `${camera.name} does not offer ${request.width}x${request.height} in ${name}: ` +
      `it made ${made.width}x${made.height} of it.${sizes}`;
    throw notGranted('size', nearest, request, message);
  }
  if (FIELDS_APART.has(made.field)) {
    const message =
      `${camera.name} gives the two fields of an interlaced picture apart (V4L2 field order ${made.field}): ` +
      'dmaflow takes whole frames. Set the source to a progressive signal, or choose another input.';
    throw notGranted('format', offered, request, message);
  }
}

/** After S_FMT: what rates there are depends on the size. */
function setFrameRate(
  camera: OpenCamera,
  request: CaptureRequest,
  offered: CaptureFormat,
): number | undefined {
  const { kernel, fd, bufferType } = camera;
  const { fps } = request;
  const interval =
    fps === undefined
      ? kernel.v4l2GetFrameInterval(fd, bufferType)
      : kernel.v4l2SetFrameInterval(
          fd,
          bufferType,
          intervalFor(kernel, fd, offered.v4l2Fourcc, request, fps),
        );
  // A driver that has no say over its rate (a media-controller sensor) leaves the interval out or zero.
  if (interval === undefined || interval.numerator === 0 || interval.denominator === 0) return undefined;
  const made = rateOf(interval);
  if (fps === undefined || sameRate(made, fps)) return made;
  const rates = listFrameRates(kernel, fd, offered.v4l2Fourcc, request);
  const list = rates.length > 0 ? ` Rates at this size: ${rates.map(rateText).join(', ')}.` : '';
  const message =
    `${camera.name} does not offer ${fps} fps at ${request.width}x${request.height} in ${formatName(offered)}: ` +
    `it made ${rateText({ min: made, max: made })} fps of it.${list}`;
  throw notGranted('fps', rates, request, message);
}

function notGranted(
  field: string,
  producer: unknown,
  consumer: CaptureRequest,
  message: string,
): NegotiationError {
  const advice = `Ask for one of these${field === 'format' ? '' : `, or leave the ${field} out`}.`;
  return new NegotiationError(`${message} ${advice}`, { field, producer, consumer });
}
