/** What there is of GStreamer on this machine, without starting anything. */
import { loadGstAddon, loadNodeGtk, nodeGtkVersion } from './binding';
import { debianPackageOf } from './debian-packages';

export interface MissingElement {
  element: string;
  /** What it is for. */
  purpose: string;
  /** Debian's package; null where not known. */
  package: string | null;
}

export interface GStreamerStatus {
  /** Of the library; null where the addon for it is not there. */
  version: string | null;
  /** Null where it is not installed, or does not load. */
  nodeGtk: string | null;
  /** Number of all elements. */
  elements: number;
  /** Of those that cameras, displays, codecs and networks need. */
  found: string[];
  missing: MissingElement[];
  /** Why something of it cannot be used, with what to install. */
  faults: string[];
}

/** What the samples and the documentation use. */
const PURPOSES: Readonly<Record<string, string>> = {
  videotestsrc: 'test pictures',
  videoconvert: 'conversion of pixel formats',
  videoscale: 'scaling',
  v4l2src: 'cameras through GStreamer',
  libcamerasrc: 'cameras that need libcamera (Raspberry Pi, most boards with a sensor)',
  kmssink: 'displays through GStreamer',
  jpegenc: 'JPEG',
  jpegdec: 'JPEG',
  x264enc: 'H.264 on the CPU',
  openh264dec: 'H.264 on the CPU',
  v4l2h264enc: "the board's own H.264 encoder",
  h264parse: 'H.264 in files and on the network',
  mp4mux: 'MP4 files',
  multifilesink: 'a file for each frame',
  rtph264pay: 'RTP',
  rtpjpegpay: 'RTP',
  udpsink: 'RTP',
  udpsrc: 'RTP',
};

export function gstreamerStatus(): GStreamerStatus {
  const faults: string[] = [];
  const attempt = <T>(what: () => T): T | undefined => {
    try {
      return what();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const addon = attempt(loadGstAddon);
  const gtk = attempt(loadNodeGtk);
  const names = new Set(
    addon &&
      attempt(() => {
        addon.initializeGStreamer();
        return addon.elementNames();
      }),
  );
  const wanted = Object.keys(PURPOSES);
  const isMissing = (element: string) => addon !== undefined && !names.has(element) && !isOfABoard(element);
  return {
    version: addon?.gstVersion() ?? null,
    nodeGtk: gtk ? nodeGtkVersion() : null,
    elements: names.size,
    found: wanted.filter((element) => names.has(element)),
    missing: wanted.filter(isMissing).map((element) => ({
      element,
      purpose: PURPOSES[element] ?? '',
      package: debianPackageOf(element) ?? null,
    })),
    faults,
  };
}

/** GStreamer makes these of the devices that it finds: no package has them. */
function isOfABoard(element: string): boolean {
  return /^v4l2(h26|jpeg|mpeg|vp)/.test(element);
}
