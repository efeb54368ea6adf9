/**
 * V4L2 capture as the kernel spells it (Documentation/userspace-api/media/v4l, include/uapi/linux/videodev2.h).
 * Numbers keep the kernel's values; `type` is V4L2_BUF_TYPE_*, pixel formats are V4L2 fourccs as uint32.
 */
export const V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
export const V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9;
export const V4L2_MEMORY_MMAP = 1;
export const V4L2_MEMORY_DMABUF = 4;
export const V4L2_CAP_VIDEO_CAPTURE = 0x1;
export const V4L2_CAP_VIDEO_CAPTURE_MPLANE = 0x1000;
export const V4L2_CAP_STREAMING = 0x04000000;
export const V4L2_CAP_DEVICE_CAPS = 0x80000000;
export const V4L2_BUF_FLAG_ERROR = 0x40;

export interface V4l2Capability {
  driver: string;
  card: string;
  busInfo: string;
  /** KERNEL_VERSION(a,b,c) as a number. */
  version: number;
  /** Of the physical device, and of this node (`deviceCaps`; equals `capabilities` on old drivers). */
  capabilities: number;
  deviceCaps: number;
}

export interface V4l2FormatDescription {
  pixelFormat: number;
  flags: number;
  description: string;
}

export type V4l2FrameSize =
  | { type: 'discrete'; width: number; height: number }
  | {
      type: 'stepwise';
      minWidth: number;
      maxWidth: number;
      stepWidth: number;
      minHeight: number;
      maxHeight: number;
      stepHeight: number;
    };

/** Seconds for a frame, numerator/denominator. */
export interface V4l2Fraction {
  numerator: number;
  denominator: number;
}

export type V4l2FrameInterval =
  | ({ type: 'discrete' } & V4l2Fraction)
  | { type: 'stepwise'; min: V4l2Fraction; max: V4l2Fraction; step: V4l2Fraction };

/** Single-planar formats have exactly one entry in `planes`; these are memory planes, not colour planes. */
export interface V4l2Format {
  width: number;
  height: number;
  pixelFormat: number;
  field: number;
  colorspace: number;
  ycbcrEncoding: number;
  quantization: number;
  transferFunction: number;
  planes: { bytesPerLine: number; sizeImage: number }[];
}

export interface V4l2RequestResult {
  /** Granted: may be more or fewer than asked. */
  count: number;
  /** V4L2_BUF_CAP_*; 0 on kernels before 4.20. */
  capabilities: number;
}

/** One memory plane of a buffer to queue. `fd` only for V4L2_MEMORY_DMABUF. Lengths in bytes. */
export interface V4l2QueuePlane {
  fd?: number;
  length: number;
}

export interface V4l2DequeuedBuffer {
  index: number;
  flags: number;
  sequence: number;
  field: number;
  /** Integer microseconds of CLOCK_MONOTONIC (where the driver says so in `flags`). */
  timestamp: number;
  planes: { bytesUsed: number; length: number; dataOffset: number }[];
}

export interface V4l2BufferInfo {
  index: number;
  flags: number;
  /** `offset`: for mmap of V4L2_MEMORY_MMAP. `dataOffset`: where the picture begins; only known once the buffer was queued. */
  planes: { length: number; offset: number; dataOffset: number }[];
}

export interface V4l2Input {
  index: number;
  name: string;
  type: number;
  status: number;
}

export interface V4l2Control {
  id: number;
  name: string;
  type: number;
  minimum: number;
  maximum: number;
  step: number;
  defaultValue: number;
  flags: number;
}

export interface V4l2Kernel {
  /** VIDIOC_QUERYCAP */
  v4l2QueryCap(fd: number): V4l2Capability;
  /** VIDIOC_ENUM_FMT until EINVAL, or until there are `most`. */
  v4l2EnumFormats(fd: number, type: number, most?: number): V4l2FormatDescription[];
  /** VIDIOC_ENUM_FRAMESIZES until EINVAL; empty where the driver does not implement it (ENOTTY). */
  v4l2EnumFrameSizes(fd: number, pixelFormat: number): V4l2FrameSize[];
  /** VIDIOC_ENUM_FRAMEINTERVALS until EINVAL; empty where the driver does not implement it (ENOTTY). */
  v4l2EnumFrameIntervals(fd: number, pixelFormat: number, width: number, height: number): V4l2FrameInterval[];
  /** VIDIOC_ENUMINPUT until EINVAL; empty where there are none (ENOTTY). */
  v4l2EnumInputs(fd: number): V4l2Input[];
  v4l2GetInput(fd: number): number;
  v4l2SetInput(fd: number, input: number): void;
  /** VIDIOC_G_FMT */
  v4l2GetFormat(fd: number, type: number): V4l2Format;
  /** VIDIOC_S_FMT; returns what the driver made of it. */
  v4l2SetFormat(fd: number, type: number, format: V4l2Format): V4l2Format;
  /** VIDIOC_TRY_FMT */
  v4l2TryFormat(fd: number, type: number, format: V4l2Format): V4l2Format;
  /** VIDIOC_G_PARM: seconds a frame. Undefined where the driver has none. */
  v4l2GetFrameInterval(fd: number, type: number): V4l2Fraction | undefined;
  /** VIDIOC_S_PARM; returns what the driver made of it. Undefined where the driver has none. */
  v4l2SetFrameInterval(fd: number, type: number, interval: V4l2Fraction): V4l2Fraction | undefined;
  /** VIDIOC_REQBUFS; count 0 frees. */
  v4l2RequestBuffers(fd: number, type: number, memory: number, count: number): V4l2RequestResult;
  /** VIDIOC_QUERYBUF */
  v4l2QueryBuffer(fd: number, type: number, index: number): V4l2BufferInfo;
  /** VIDIOC_QBUF */
  v4l2QueueBuffer(fd: number, type: number, memory: number, index: number, planes: V4l2QueuePlane[]): void;
  /** VIDIOC_DQBUF; undefined when none is ready (EAGAIN on a non-blocking fd). */
  v4l2DequeueBuffer(fd: number, type: number, memory: number): V4l2DequeuedBuffer | undefined;
  /** VIDIOC_EXPBUF with O_RDWR|O_CLOEXEC: an fd of the fd table. */
  v4l2ExportBuffer(fd: number, type: number, index: number, plane: number): number;
  v4l2StreamOn(fd: number, type: number): void;
  v4l2StreamOff(fd: number, type: number): void;
  /** VIDIOC_QUERYCTRL with V4L2_CTRL_FLAG_NEXT_CTRL over all controls. */
  v4l2EnumControls(fd: number): V4l2Control[];
  v4l2GetControl(fd: number, id: number): number;
  v4l2SetControl(fd: number, id: number, value: number): void;
}
