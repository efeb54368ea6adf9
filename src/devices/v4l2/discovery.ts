/** Which cameras there are, and which one a user means. */
import { isKernelError, KernelError, UnsupportedError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import { V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE } from '../../native/v4l2';
import { adviseCapture } from './advice';
import { describeVideoNode, type VideoNode } from './video-node';

export interface CameraInfo {
  /** Device node. The number is not stable: select by driver or card instead. */
  path: string;
  driver: string;
  card: string;
  /** Where the device sits: `usb-0000:00:14.0-1`. Empty where the node may not be opened. */
  busInfo: string;
  /** V4L2_BUF_TYPE_* to capture with; undefined where the node may not be opened. */
  bufferType: number | undefined;
  multiplanar: boolean;
  /** Whether this user may open the node. */
  permitted: boolean;
}

/** What must fit a camera; all that is given must. Nothing given: the first camera. */
export interface CameraSelector {
  /** Path of the device node, or a link to it (`/dev/v4l/by-id/…`). */
  device?: string | undefined;
  /** Name of the kernel driver: `uvcvideo`, `unicam`, `vivid`. */
  driver?: string | undefined;
  /** Name of the card: exactly, else a part of it in any case. */
  card?: string | undefined;
}

/**
 * Every camera, in the order of the nodes' numbers: video capture with streaming and at least one format, no
 * mem2mem device. A node that this user may not open is listed from what sysfs and udev tell.
 */
export function listCameras(kernel: Kernel): CameraInfo[] {
  return cameraNodes(kernel).map(toCameraInfo);
}

/**
 * The camera that the selector means. Where several fit: the first that may be opened, and of these one whose formats
 * don't hang on a media-controller graph before one whose do. Throws with the cameras there are where none fits.
 */
export function findCamera(kernel: Kernel, selector: CameraSelector = {}): CameraInfo {
  const node =
    selector.device === undefined
      ? searchNode(kernel, selector)
      : namedNode(kernel, selector.device, selector);
  if (node.refusal === undefined) return toCameraInfo(node);
  throw adviseCapture(node.refusal, { kernel, path: node.path });
}

function searchNode(kernel: Kernel, selector: CameraSelector): VideoNode {
  const nodes = cameraNodes(kernel);
  if (nodes.length === 0) throw new UnsupportedError(noCameraAdvice(kernel));
  const { driver, card } = selector;
  const driven = nodes.filter((node) => driver === undefined || node.driver === driver);
  const exact = driven.filter((node) => card === undefined || node.card === card);
  const fitting = exact.length > 0 ? exact : driven.filter((node) => includes(node.card, card ?? ''));
  const best =
    fitting.find((node) => node.refusal === undefined && !node.mediaController) ??
    fitting.find((node) => node.refusal === undefined) ??
    fitting[0];
  if (best) return best;
  throw new UnsupportedError(
    `No camera has ${describeSelector(selector)}. ${describeCameras(kernel, nodes)}`,
  );
}

function namedNode(kernel: Kernel, path: string, selector: CameraSelector): VideoNode {
  const node = openNamedNode(kernel, path);
  if (node.notCamera !== undefined) {
    throw new UnsupportedError(
      `${path} is no camera: it is ${node.notCamera} (driver ${node.driver}). ${describeCameras(kernel)}`,
    );
  }
  const { driver, card } = selector;
  if ((driver !== undefined && node.driver !== driver) || !includes(node.card, card ?? '')) {
    throw new UnsupportedError(
      `${describeNode(node)} does not have ${describeSelector({ driver, card })}: give the path, or driver and card, but ` +
        `not both. ${describeCameras(kernel)}`,
    );
  }
  return node;
}

function openNamedNode(kernel: Kernel, path: string): VideoNode {
  try {
    return describeVideoNode(kernel, path);
  } catch (error) {
    if (isKernelError(error, 'ENOTTY', 'EINVAL', 'EISDIR')) {
      throw new UnsupportedError(`${path} is no V4L2 device. ${describeCameras(kernel)}`, { cause: error });
    }
    if (!(error instanceof KernelError)) throw error;
    throw error.advise(describeCameras(kernel), path);
  }
}

/** Nodes that are cameras, or may be: those that this user may not open and nobody says more about. */
function cameraNodes(kernel: Kernel): VideoNode[] {
  const numbers = (kernel.listDirectory('/dev') ?? [])
    .filter((name) => /^video\d+$/.test(name))
    .map((name) => Number(name.slice('video'.length)))
    .sort((a, b) => a - b);
  return numbers
    .map((number) => describeIfThere(kernel, `/dev/video${number}`))
    .filter((node) => node !== undefined)
    .filter((node) => node.notCamera === undefined);
}

/** A node can vanish between listing and opening, and one of a broken driver must not hide the others. */
function describeIfThere(kernel: Kernel, path: string): VideoNode | undefined {
  try {
    return describeVideoNode(kernel, path);
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

function toCameraInfo({ path, driver, card, busInfo, bufferType, refusal }: VideoNode): CameraInfo {
  const multiplanar = bufferType === V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  const permitted = refusal === undefined || refusal.code === 'EBUSY';
  return { path, driver, card, busInfo, bufferType, multiplanar, permitted };
}

function includes(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

function describeSelector({ driver, card }: CameraSelector): string {
  const driverText = driver === undefined ? [] : [`driver \`${driver}\``];
  const cardText = card === undefined ? [] : [`card \`${card}\``];
  return [...driverText, ...cardText].join(' and ');
}

function describeNode({ path, driver, card }: VideoNode): string {
  return `${path} (driver ${driver}, card '${card}')`;
}

function describeCameras(kernel: Kernel, nodes: readonly VideoNode[] = cameraNodes(kernel)): string {
  if (nodes.length === 0) return noCameraAdvice(kernel);
  const names = nodes.map(
    (node) => describeNode(node) + (node.refusal === undefined ? '' : ', not permitted'),
  );
  return `Cameras: ${names.join('; ')}.`;
}

/** What is missing for a camera, from the outside in: the subsystem, the driver, the graph in front of it. */
export function noCameraAdvice(kernel: Kernel): string {
  if (kernel.listDirectory('/sys/class/video4linux') === undefined) {
    return (
      'There is no camera: no V4L2 driver is loaded (no /sys/class/video4linux). Load the one of the camera ' +
      '(`sudo modprobe uvcvideo` for a webcam); the kernel needs CONFIG_VIDEO_DEV and that driver, as ' +
      'CONFIG_USB_VIDEO_CLASS. Without a camera, `sudo modprobe vivid` emulates one.'
    );
  }
  return (
    'There is no camera: no /dev/video* node captures video. Plug the camera in, load its driver (`sudo modprobe ' +
    'uvcvideo` for a webcam; `dmesg` says why one did not start), enable a camera module in the device tree, and look ' +
    'at its media-controller graph with `media-ctl -p`. Without a camera, `sudo modprobe vivid` emulates one.'
  );
}
