import type { V4l2Capability, V4l2Format, V4l2Fraction } from '../native/v4l2';
import { V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE } from '../native/v4l2';
import { CameraFormats, colorPlanes, type FakeCameraOptions } from './camera-format';
import { CaptureQueue } from './capture-queue';
import { monotonicMicroseconds } from './clock';
import { Errno } from './errno';
import type { FakePages } from './fake-dma-buf';
import type { FakeDevice, FileSubject } from './fake-tree';
import { drawPattern } from './test-pattern';

const CAP_VIDEO_CAPTURE = 0x1;
const CAP_VIDEO_CAPTURE_MPLANE = 0x1000;
const CAP_EXT_PIX_FORMAT = 0x00200000;
const CAP_STREAMING = 0x04000000;
const CAP_DEVICE_CAPS = 0x80000000;
const VERSION = (7 << 16) | (3 << 8) | 4;

/** What a camera needs of the kernel around it. */
export interface CameraSurroundings {
  allocate(size: number): FakePages;
  /** The camera is about to write there: reports what must not be written to. */
  beforeWrite(pages: FakePages, camera: FakeCamera): void;
}

/** An open camera. */
export class CameraFile implements FileSubject {
  constructor(readonly camera: FakeCamera) {}

  release(): void {
    this.camera.closed(this);
  }

  watch(wake: () => void): () => void {
    return this.camera.watch(wake);
  }
}

/** A fake V4L2 capture device. Made by `kernel.addCamera()`. */
export class FakeCamera implements FakeDevice {
  readonly type: number;
  readonly formats: CameraFormats;
  readonly queue: CaptureQueue;
  readonly controls: Map<
    number,
    { name: string; minimum: number; maximum: number; value: number; initial: number }
  >;
  /** `timer`: frames come at the frame rate; `manual`: only by `produce()`. May be changed while it streams. */
  frames: 'timer' | 'manual';
  format: V4l2Format;
  interval: V4l2Fraction;
  input = 0;
  #sequence = 0;
  #plugged = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly path: string,
    readonly options: FakeCameraOptions,
    private readonly surroundings: CameraSurroundings,
  ) {
    this.type = options.multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    this.formats = new CameraFormats(options);
    this.frames = options.frames ?? 'timer';
    const nothing = {
      field: 0,
      colorspace: 0,
      ycbcrEncoding: 0,
      quantization: 0,
      transferFunction: 0,
      planes: [],
    };
    this.format = this.formats.adjust({ width: 640, height: 480, pixelFormat: 0, ...nothing });
    this.interval = this.formats.nearestInterval({ numerator: 1, denominator: 30 });
    this.queue = new CaptureQueue({
      type: this.type,
      minBuffers: options.minBuffers ?? 2,
      maxBuffers: options.maxBuffers ?? 32,
      importsDmaBufs: options.importsDmaBufs ?? true,
      contiguous: this.contiguous,
      allocate: (size) => surroundings.allocate(size),
      dataOffset: (plane) => this.formats.dataOffset(this.format.pixelFormat, plane),
    });
    this.controls = new Map(
      options.controls?.map(({ id, ...rest }) => [id, { ...rest, initial: rest.value }]),
    );
  }

  get contiguous(): boolean {
    return this.options.contiguous ?? true;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  get capability(): V4l2Capability {
    const { options } = this;
    const capture = options.multiplanar ? CAP_VIDEO_CAPTURE_MPLANE : CAP_VIDEO_CAPTURE;
    const deviceCaps = options.deviceCaps ?? capture | CAP_STREAMING | CAP_EXT_PIX_FORMAT;
    return {
      driver: options.driver ?? 'vivid',
      card: options.card ?? 'vivid',
      busInfo: options.busInfo ?? 'platform:vivid-000',
      version: VERSION,
      capabilities: (deviceCaps | CAP_DEVICE_CAPS) >>> 0,
      deviceCaps,
    };
  }

  /**
   * One frame: draws the test pattern into the next queued buffer. False where there was none, or the camera does not
   * stream: the frame is lost, and the next one's `sequence` shows it. `error` marks the buffer V4L2_BUF_FLAG_ERROR.
   */
  produce(options: { error?: boolean } = {}): boolean {
    if (!this.queue.streaming) return false;
    const sequence = this.#sequence++;
    const target = this.queue.next();
    if (!target) return false;
    for (const pages of target) this.surroundings.beforeWrite(pages, this);
    this.#draw(target, sequence);
    this.queue.finish(sequence, monotonicMicroseconds(), options.error ?? false);
    this.#wake();
    return true;
  }

  /** The driver dropped frames: the next sequence number jumps. */
  loseFrames(count: number): void {
    this.#sequence += count;
  }

  /** The cable is out: every request is ENODEV from here on. */
  unplug(): void {
    this.#plugged = false;
    this.#stopTimer();
    this.queue.cancel();
    this.#wake();
  }

  open(): FileSubject {
    return new CameraFile(this);
  }

  closed(file: CameraFile): void {
    this.queue.closed(file);
    if (!this.queue.streaming) this.#stopTimer();
  }

  start(file: CameraFile, type: number): void {
    const already = this.queue.streaming;
    this.queue.start(file, type);
    if (already) return;
    this.#sequence = 0;
    this.#schedule();
  }

  stop(file: CameraFile, type: number): void {
    this.queue.stop(file, type);
    this.#stopTimer();
  }

  setFormat(format: V4l2Format): V4l2Format {
    if (this.queue.busy) throw new Errno('EBUSY');
    this.format = this.formats.adjust(format);
    return this.format;
  }

  /** Calls `wake` when a DQBUF would not wait; returns how to stop that. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  #wake(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  #schedule(): void {
    const milliseconds = (this.interval.numerator / this.interval.denominator) * 1000;
    this.#timer = setTimeout(() => {
      this.#schedule();
      if (this.frames === 'timer') this.produce();
    }, milliseconds);
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
  }

  #draw(target: readonly FakePages[], sequence: number): void {
    const { width, height, pixelFormat, planes } = this.format;
    const layout = this.formats.layout(pixelFormat);
    const places = colorPlanes(layout, planes[0]?.bytesPerLine ?? 0, width, height);
    const parts = places.flatMap(({ offset, stride }, index) => {
      const memoryPlane = layout.separate ? index : 0;
      const memory = target[memoryPlane];
      const start = this.formats.dataOffset(pixelFormat, memoryPlane) + offset;
      const ownStride = layout.separate ? planes[index]?.bytesPerLine : stride;
      return memory ? [{ bytes: memory.bytes.subarray(start), stride: ownStride ?? stride }] : [];
    });
    drawPattern(layout, parts, width, height, sequence);
  }
}
