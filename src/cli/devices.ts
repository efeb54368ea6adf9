/** `dmaflow devices`: cameras and displays, with what they offer. */
import { type CardInfo, listCards } from '../devices/kms/discovery';
import { CaptureDevice } from '../devices/v4l2/capture-device';
import type { CaptureFormat, FrameRate, Size } from '../devices/v4l2/capture-formats';
import { type CameraInfo, listCameras, noCameraAdvice } from '../devices/v4l2/discovery';
import { isKernelError } from '../errors';
import { fourccToString } from '../formats/fourcc';
import type { Kernel } from '../native/kernel';
import type { V4l2FrameSize } from '../native/v4l2';
import { devicesText } from './devices-text';
import { type CommandOutput, toJson } from './output';

/** Frames a second; a range where the camera steps through it. */
export type RateReport = number | { min: number; max: number };

/** One size, or a range in steps; with the rates there, fastest first (of a range: at its largest size). */
export type SizeReport = (Size | Omit<V4l2FrameSize & { type: 'stepwise' }, 'type'>) & { fps: RateReport[] };

export interface FormatReport {
  /** DRM's name. */
  name: string;
  /** V4L2's fourcc. */
  fourcc: string;
  /** Each colour plane in a dma-buf of its own. */
  separatePlanes: boolean;
  sizes: SizeReport[];
}

export interface CameraReport extends Pick<CameraInfo, 'path' | 'driver' | 'card' | 'busInfo' | 'permitted'> {
  multiplanar: boolean;
  formats: FormatReport[];
  /** V4L2 fourccs that dmaflow does not know. */
  otherFormats: string[];
}

export interface DisplayReport extends Pick<CardInfo, 'path' | 'permitted' | 'atomic' | 'planes'> {
  /** Null where the node may not be opened. */
  driver: string | null;
  connectors: (CardInfo['connectors'][number] & { connected: boolean })[];
}

/** What `--json` prints: stays compatible from release to release. */
export interface DevicesReport {
  cameras: CameraReport[];
  displays: DisplayReport[];
}

/** A machine without devices is no error: the lists are empty, and stderr says what is missing. */
export function devicesCommand(kernel: Kernel, options: { json?: boolean }): CommandOutput {
  const report: DevicesReport = {
    cameras: listCameras(kernel).map((camera) => reportCamera(kernel, camera)),
    displays: listCards(kernel)
      .filter((card) => card.hasDisplay || !card.permitted)
      .map(reportDisplay),
  };
  return {
    stdout: options.json ? toJson(report) : devicesText(report),
    stderr: hints(kernel, report).join('\n'),
    exitCode: 0,
  };
}

function reportCamera(kernel: Kernel, camera: CameraInfo): CameraReport {
  const { path, driver, card, busInfo, multiplanar, permitted } = camera;
  const offer = camera.bufferType === undefined ? undefined : readOffer(kernel, path);
  const formats = offer?.formats ?? [];
  return { path, driver, card, busInfo, multiplanar, permitted, formats, otherFormats: offer?.unknown ?? [] };
}

/** Undefined where the camera went away while it was asked. */
function readOffer(kernel: Kernel, path: string): { formats: FormatReport[]; unknown: string[] } | undefined {
  try {
    using device = CaptureDevice.open(kernel, { device: path });
    const { formats, unknown } = device.formatOffer();
    return { formats: formats.map((format) => reportFormat(device, format)), unknown };
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

function reportFormat(device: CaptureDevice, format: CaptureFormat): FormatReport {
  const { pixelFormat: name, separatePlanes, v4l2Fourcc } = format;
  const sizes = format.sizes.map((size): SizeReport => {
    if (size.type === 'discrete') {
      const { width, height } = size;
      return { width, height, fps: device.frameRates(format, width, height).map(reportRate) };
    }
    const { type: _, ...range } = size;
    return { ...range, fps: device.frameRates(format, size.maxWidth, size.maxHeight).map(reportRate) };
  });
  return { name, fourcc: fourccToString(v4l2Fourcc), separatePlanes, sizes };
}

function reportRate({ min, max }: FrameRate): RateReport {
  return min === max ? round(max) : { min: round(min), max: round(max) };
}

/** Hz to a thousandth. */
function round(rate: number): number {
  return Number(rate.toFixed(3));
}

function reportDisplay({ path, driver, permitted, atomic, connectors, planes }: CardInfo): DisplayReport {
  return {
    path,
    driver: driver ?? null,
    permitted,
    atomic,
    // What a person can look at comes first.
    connectors: [...connectors]
      .sort((a, b) => Number(a.writeback) - Number(b.writeback))
      .map((connector) => ({
        connected: connector.connection === 'connected',
        ...connector,
        modes: connector.modes.map((mode) => ({ ...mode, refresh: round(mode.refresh) })),
      })),
    planes,
  };
}

function hints(kernel: Kernel, { cameras, displays }: DevicesReport): string[] {
  const all: string[] = [];
  if (cameras.length === 0) all.push(noCameraAdvice(kernel));
  if (cameras.some(({ permitted }) => !permitted)) {
    all.push(
      'You may not open some cameras: be in their group (sudo usermod -aG video $USER, and log in again).',
    );
  }
  if (displays.length === 0) {
    all.push(
      'There is no display: no card in /dev/dri has connectors. The kernel needs the DRM driver of its display ' +
        'hardware. Without a display, `sudo modprobe vkms` emulates one.',
    );
  }
  if (displays.some(({ permitted }) => !permitted)) {
    all.push(
      'You may not open some cards: be in their group (sudo usermod -aG video $USER, and log in again).',
    );
  }
  return all;
}
