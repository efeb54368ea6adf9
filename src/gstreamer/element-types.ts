/**
 * Properties of common elements, as `dmaflow gst-types` writes them from GStreamer 1.22. A program adds those of its own
 * elements: `npx dmaflow gst-types x264enc > gst-elements.d.ts`.
 */
import type { GstValue } from './values';

export interface GstElementTypes {
  fakesink: {
    async: boolean;
    blocksize: number;
    'can-activate-pull': boolean;
    'can-activate-push': boolean;
    'drop-out-of-segment': boolean;
    dump: boolean;
    'enable-last-sample': boolean;
    readonly 'last-message': string | null;
    readonly 'last-sample': GstValue;
    'max-bitrate': number | bigint;
    'max-lateness': number | bigint;
    'num-buffers': number;
    'processing-deadline': number | bigint;
    qos: boolean;
    'render-delay': number | bigint;
    'signal-handoffs': boolean;
    silent: boolean;
    'state-error':
      | 'none'
      | 'null-to-ready'
      | 'ready-to-paused'
      | 'paused-to-playing'
      | 'playing-to-paused'
      | 'paused-to-ready'
      | 'ready-to-null';
    readonly stats: GstValue;
    sync: boolean;
    'throttle-time': number | bigint;
    'ts-offset': number | bigint;
  };
  filesink: {
    append: boolean;
    async: boolean;
    blocksize: number;
    'buffer-mode': 'default' | 'full' | 'line' | 'unbuffered';
    'buffer-size': number;
    'enable-last-sample': boolean;
    readonly 'last-sample': GstValue;
    location: string | null;
    'max-bitrate': number | bigint;
    'max-lateness': number | bigint;
    'max-transient-error-timeout': number;
    'o-sync': boolean;
    'processing-deadline': number | bigint;
    qos: boolean;
    'render-delay': number | bigint;
    readonly stats: GstValue;
    sync: boolean;
    'throttle-time': number | bigint;
    'ts-offset': number | bigint;
  };
  filesrc: {
    blocksize: number;
    'do-timestamp': boolean;
    location: string | null;
    'num-buffers': number;
    typefind: boolean;
  };
  identity: {
    'check-imperfect-offset': boolean;
    'check-imperfect-timestamp': boolean;
    datarate: number;
    'drop-allocation': boolean;
    'drop-buffer-flags': string;
    'drop-probability': number;
    dump: boolean;
    'eos-after': number;
    'error-after': number;
    readonly 'last-message': string | null;
    qos: boolean;
    'signal-handoffs': boolean;
    silent: boolean;
    'single-segment': boolean;
    'sleep-time': number;
    readonly stats: GstValue;
    sync: boolean;
    'ts-offset': number | bigint;
  };
  jpegenc: {
    'idct-method': 'islow' | 'ifast' | 'float';
    'min-force-key-unit-interval': number | bigint;
    qos: boolean;
    quality: number;
    snapshot: boolean;
  };
  kmssink: {
    async: boolean;
    blocksize: number;
    'bus-id': string | null;
    'can-scale': boolean;
    'connector-id': number;
    'connector-properties': GstValue;
    readonly 'display-height': number;
    readonly 'display-width': number;
    'driver-name': string | null;
    'enable-last-sample': boolean;
    fd: number;
    'force-modesetting': boolean;
    readonly 'last-sample': GstValue;
    'max-bitrate': number | bigint;
    'max-lateness': number | bigint;
    'plane-id': number;
    'plane-properties': GstValue;
    'processing-deadline': number | bigint;
    qos: boolean;
    'render-delay': number | bigint;
    'render-rectangle': GstValue;
    'restore-crtc': boolean;
    'show-preroll-frame': boolean;
    'skip-vsync': boolean;
    readonly stats: GstValue;
    sync: boolean;
    'throttle-time': number | bigint;
    'ts-offset': number | bigint;
  };
  queue: {
    readonly 'current-level-buffers': number;
    readonly 'current-level-bytes': number;
    readonly 'current-level-time': number | bigint;
    'flush-on-eos': boolean;
    leaky: 'no' | 'upstream' | 'downstream';
    'max-size-buffers': number;
    'max-size-bytes': number;
    'max-size-time': number | bigint;
    'min-threshold-buffers': number;
    'min-threshold-bytes': number;
    'min-threshold-time': number | bigint;
    silent: boolean;
  };
  udpsink: {
    async: boolean;
    'auto-multicast': boolean;
    'bind-address': string | null;
    'bind-port': number;
    blocksize: number;
    'buffer-size': number;
    readonly 'bytes-served': number | bigint;
    readonly 'bytes-to-serve': number | bigint;
    clients: string | null;
    'close-socket': boolean;
    'enable-last-sample': boolean;
    'force-ipv4': boolean;
    host: string | null;
    readonly 'last-sample': GstValue;
    loop: boolean;
    'max-bitrate': number | bigint;
    'max-lateness': number | bigint;
    'multicast-iface': string | null;
    port: number;
    'processing-deadline': number | bigint;
    qos: boolean;
    'qos-dscp': number;
    'render-delay': number | bigint;
    'send-duplicates': boolean;
    socket: GstValue;
    'socket-v6': GstValue;
    readonly stats: GstValue;
    sync: boolean;
    'throttle-time': number | bigint;
    'ts-offset': number | bigint;
    ttl: number;
    'ttl-mc': number;
    readonly 'used-socket': GstValue;
    readonly 'used-socket-v6': GstValue;
  };
  udpsrc: {
    address: string | null;
    'auto-multicast': boolean;
    blocksize: number;
    'buffer-size': number;
    caps: string | null;
    'close-socket': boolean;
    'do-timestamp': boolean;
    loop: boolean;
    mtu: number;
    'multicast-group': string | null;
    'multicast-iface': string | null;
    'num-buffers': number;
    port: number;
    'retrieve-sender-address': boolean;
    reuse: boolean;
    'skip-first-bytes': number;
    socket: GstValue;
    'socket-timestamp': 'disabled' | 'realtime';
    timeout: number | bigint;
    typefind: boolean;
    uri: string | null;
    readonly 'used-socket': GstValue;
  };
  v4l2src: {
    blocksize: number;
    brightness: number;
    contrast: number;
    'crop-bottom': number;
    readonly 'crop-bounds': GstValue;
    'crop-left': number;
    'crop-right': number;
    'crop-top': number;
    device: string | null;
    readonly 'device-fd': number;
    readonly 'device-name': string | null;
    'do-timestamp': boolean;
    'extra-controls': GstValue;
    readonly flags: string;
    'force-aspect-ratio': boolean;
    hue: number;
    'io-mode': 'auto' | 'rw' | 'mmap' | 'userptr' | 'dmabuf' | 'dmabuf-import';
    norm:
      | 'none'
      | 'NTSC'
      | 'NTSC-M'
      | 'NTSC-M-JP'
      | 'NTSC-M-KR'
      | 'NTSC-443'
      | 'PAL'
      | 'PAL-BG'
      | 'PAL-B'
      | 'PAL-B1'
      | 'PAL-G'
      | 'PAL-H'
      | 'PAL-I'
      | 'PAL-DK'
      | 'PAL-D'
      | 'PAL-D1'
      | 'PAL-K'
      | 'PAL-M'
      | 'PAL-N'
      | 'PAL-Nc'
      | 'PAL-60'
      | 'SECAM'
      | 'SECAM-B'
      | 'SECAM-G'
      | 'SECAM-H'
      | 'SECAM-DK'
      | 'SECAM-D'
      | 'SECAM-K'
      | 'SECAM-K1'
      | 'SECAM-L'
      | 'SECAM-Lc';
    'num-buffers': number;
    'pixel-aspect-ratio': string | null;
    saturation: number;
    typefind: boolean;
  };
  videotestsrc: {
    'animation-mode': 'frames' | 'wall-time' | 'running-time';
    'background-color': number;
    blocksize: number;
    'do-timestamp': boolean;
    flip: boolean;
    'foreground-color': number;
    'horizontal-speed': number;
    'is-live': boolean;
    k0: number;
    kt: number;
    kt2: number;
    kx: number;
    kx2: number;
    kxt: number;
    kxy: number;
    ky: number;
    ky2: number;
    kyt: number;
    motion: 'wavy' | 'sweep' | 'hsweep';
    'num-buffers': number;
    pattern:
      | 'smpte'
      | 'snow'
      | 'black'
      | 'white'
      | 'red'
      | 'green'
      | 'blue'
      | 'checkers-1'
      | 'checkers-2'
      | 'checkers-4'
      | 'checkers-8'
      | 'circular'
      | 'blink'
      | 'smpte75'
      | 'zone-plate'
      | 'gamut'
      | 'chroma-zone-plate'
      | 'solid-color'
      | 'ball'
      | 'smpte100'
      | 'bar'
      | 'pinwheel'
      | 'spokes'
      | 'gradient'
      | 'colors'
      | 'smpte-rp-219';
    'timestamp-offset': number | bigint;
    typefind: boolean;
    xoffset: number;
    yoffset: number;
  };
}

/** Elements whose properties are typed. */
export type KnownElement = keyof GstElementTypes & string;

export type ElementProperties<Factory extends KnownElement> = GstElementTypes[Factory];
