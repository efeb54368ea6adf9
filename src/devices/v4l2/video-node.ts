/** One `/dev/videoN`: what it is, asked without disturbing whoever uses it. */
import { isKernelError, type KernelError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import {
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
  V4L2_CAP_STREAMING,
  V4L2_CAP_VIDEO_CAPTURE,
  V4L2_CAP_VIDEO_CAPTURE_MPLANE,
} from '../../native/v4l2';

// V4L2_CAP_* of include/uapi/linux/videodev2.h.
/** V4L2_CAP_IO_MC: the formats come from a media-controller graph that somebody has to set up. */
const MEDIA_CONTROLLER = 0x20000000;
const CAPTURE = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
const OUTPUT = 0x2 | 0x2000;
const MEM2MEM = 0x4000 | 0x8000;

/** What a node that captures no video can be, the telling bits first. */
const OTHER_KINDS: readonly [bits: number, kind: string][] = [
  [OUTPUT, 'a video output'],
  [0x00800000, 'a metadata capture node'],
  [0x08000000, 'a metadata output node'],
  [0x10000000, 'a touch sensor'],
  [0x10 | 0x40, 'a VBI capture node'],
  [0x20 | 0x80, 'a VBI output node'],
  [0x100000 | 0x400000, 'a software-defined radio'],
  [0x10000 | 0x40000 | 0x80000, 'a radio'],
];

export interface VideoNode {
  path: string;
  driver: string;
  card: string;
  busInfo: string;
  /**
   * V4L2_BUF_TYPE_* to capture with where this is a camera; undefined where it is none, or where the node may not
   * be opened and so cannot be asked.
   */
  bufferType: number | undefined;
  /** Why this is no camera, as the end of "it is …"; undefined for a camera and where it cannot be asked. */
  notCamera: string | undefined;
  /** Whether the camera's formats depend on a media-controller graph that has to be set up first. */
  mediaController: boolean;
  /** Why the node could not be opened. */
  refusal: KernelError | undefined;
}

/** Describes a node. Throws where it does not exist (any more) or is no V4L2 device. */
export function describeVideoNode(kernel: Kernel, path: string): VideoNode {
  let fd: number;
  try {
    fd = kernel.open(path, { access: 'read-write', nonblock: true });
  } catch (error) {
    if (!isKernelError(error, 'EACCES', 'EPERM', 'EBUSY')) throw error;
    return describeFromSysfs(kernel, path, error);
  }
  try {
    return describeOpenNode(kernel, fd, path);
  } finally {
    kernel.close(fd);
  }
}

function describeOpenNode(kernel: Kernel, fd: number, path: string): VideoNode {
  const { driver, card, busInfo, deviceCaps } = kernel.v4l2QueryCap(fd);
  const notCamera = whyNotCamera(kernel, fd, deviceCaps);
  return {
    path,
    driver,
    card,
    busInfo,
    bufferType: notCamera === undefined ? captureType(deviceCaps) : undefined,
    notCamera,
    mediaController: (deviceCaps & MEDIA_CONTROLLER) !== 0,
    refusal: undefined,
  };
}

function whyNotCamera(kernel: Kernel, fd: number, deviceCaps: number): string | undefined {
  const captures = (deviceCaps & CAPTURE) !== 0;
  // Drivers older than the mem2mem capabilities claim capture and output at once.
  if ((deviceCaps & MEM2MEM) !== 0 || (captures && (deviceCaps & OUTPUT) !== 0)) {
    return 'a mem2mem device (codec, scaler or converter)';
  }
  if (!captures) {
    return OTHER_KINDS.find(([bits]) => (deviceCaps & bits) !== 0)?.[1] ?? 'not a video capture device';
  }
  if ((deviceCaps & V4L2_CAP_STREAMING) === 0) return 'a capture device without streaming (read() only)';
  return offersFormats(kernel, fd, captureType(deviceCaps))
    ? undefined
    : 'a capture device that offers no format';
}

function captureType(deviceCaps: number): number {
  return (deviceCaps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) !== 0
    ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
    : V4L2_BUF_TYPE_VIDEO_CAPTURE;
}

function offersFormats(kernel: Kernel, fd: number, type: number): boolean {
  try {
    return kernel.v4l2EnumFormats(fd, type, 1).length > 0;
  } catch (error) {
    if (isKernelError(error, 'ENOTTY', 'EINVAL')) return false;
    throw error;
  }
}

/** What sysfs and udev tell everybody about a node that this user may not open. */
function describeFromSysfs(kernel: Kernel, path: string, refusal: KernelError): VideoNode {
  const node = kernel.linkName(path) ?? path.slice(path.lastIndexOf('/') + 1);
  const sysfs = `/sys/class/video4linux/${node}`;
  return {
    path,
    driver: kernel.linkName(`${sysfs}/device/driver`) ?? 'unknown',
    card: kernel.readText(`${sysfs}/name`)?.trim() ?? 'unknown',
    busInfo: '',
    bufferType: undefined,
    notCamera: udevSaysNoCapture(kernel, path) ? 'not a video capture device' : undefined,
    mediaController: false,
    refusal,
  };
}

/** udev asked the device when it appeared (v4l_id) and keeps the answer where all may read it. */
function udevSaysNoCapture(kernel: Kernel, path: string): boolean {
  const device = kernel.statNode(path)?.device;
  const database = device === undefined ? undefined : kernel.readText(`/run/udev/data/c${device}`);
  const capabilities = database?.match(/^E:ID_V4L_CAPABILITIES=(.*)$/m)?.[1];
  return capabilities !== undefined && !capabilities.includes(':capture:');
}
