/** An open camera: its formats, buffers and controls. */
import { InvalidStateError, isKernelError, type KernelError, UnsupportedError } from '../../errors';
import type { PixelFormatName } from '../../formats/pixel-formats';
import type { Kernel } from '../../native/kernel';
import {
  V4L2_MEMORY_DMABUF,
  type V4L2_MEMORY_MMAP,
  type V4l2BufferInfo,
  type V4l2Input,
  type V4l2QueuePlane,
} from '../../native/v4l2';
import { adviseCapture } from './advice';
import {
  CameraOffer,
  type CaptureFormat,
  type FormatOffer,
  type FrameRate,
  listFrameRates,
} from './capture-formats';
import { type CaptureConfiguration, type CaptureRequest, configureCapture } from './configuration';
import { type CameraControl, getControl, listControls, setControl } from './controls';
import { type CameraInfo, type CameraSelector, findCamera } from './discovery';

/** V4L2_BUF_CAP_SUPPORTS_DMABUF */
const SUPPORTS_DMABUF = 1 << 2;

export interface CaptureOptions extends CameraSelector {
  /** Index of the input (connector) of a camera that has several; left out: the one it is set to. */
  input?: number | undefined;
}

/** How buffers get to the queue: imported by the caller, or allocated by the driver and exported. */
export type BufferMemory = typeof V4L2_MEMORY_MMAP | typeof V4L2_MEMORY_DMABUF;

/**
 * A capture device and its buffer queue. The steps, in order: `open`, `configure`, `requestBuffers`; then whoever
 * streams (the frame loop) queues and dequeues over `fd`; after STREAMOFF `releaseBuffers`, and `close`. A new format
 * needs the buffers released first.
 *
 * Errors of the kernel are {@link KernelError}s with the node's path and, where that is known, what to do.
 */
export class CaptureDevice {
  readonly info: CameraInfo;
  /** V4L2_BUF_TYPE_* */
  readonly bufferType: number;
  readonly #kernel: Kernel;
  /** What it offers stays until another input is chosen. */
  #offer: CameraOffer | undefined;
  #fd: number | undefined;
  /** Of the buffers that are requested now. */
  #memory: BufferMemory | undefined;
  #importSupport: boolean | undefined;

  private constructor(kernel: Kernel, info: CameraInfo, bufferType: number) {
    this.#kernel = kernel;
    this.info = info;
    this.bufferType = bufferType;
    this.#fd = this.#advised(() => kernel.open(info.path, { access: 'read-write', nonblock: true }));
  }

  /** Opens the camera that the selector means; it is the caller's to close. */
  static open(kernel: Kernel, options: CaptureOptions = {}): CaptureDevice {
    const info = findCamera(kernel, options);
    if (info.bufferType === undefined) throw new UnsupportedError(`${info.path} cannot be asked what it is`);
    const device = new CaptureDevice(kernel, info, info.bufferType);
    try {
      if (options.input !== undefined) device.selectInput(options.input);
      return device;
    } catch (error) {
      device.close();
      throw error;
    }
  }

  /** `vivid (/dev/video0)` */
  get name(): string {
    return `${this.info.card} (${this.info.path})`;
  }

  /** O_RDWR|O_NONBLOCK; borrowed. */
  get fd(): number {
    if (this.#fd === undefined) throw new InvalidStateError(`camera ${this.name} is closed`);
    return this.#fd;
  }

  inputs(): V4l2Input[] {
    return this.#call((fd) => this.#kernel.v4l2EnumInputs(fd));
  }

  selectInput(index: number): void {
    const inputs = this.inputs();
    if (!inputs.some((input) => input.index === index)) {
      const names =
        inputs.map((input) => `${input.index} (${input.name})`).join(', ') || 'none to choose from';
      throw new RangeError(`${this.name} has no input ${index}; inputs: ${names}`);
    }
    this.#call((fd) => this.#kernel.v4l2SetInput(fd, index));
    this.#offer = undefined;
  }

  /**
   * What the camera offers, of the formats that dmaflow knows.
   * @param only the ways in which this one is offered.
   */
  formats(only?: PixelFormatName): CaptureFormat[] {
    return this.#call((fd) => this.#offerOf(fd).formats(only));
  }

  /** All formats, with the fourccs that dmaflow does not know. */
  formatOffer(): FormatOffer {
    return this.#call((fd) => this.#offerOf(fd).all());
  }

  /** Frames a second, fastest first; empty where the driver does not say. */
  frameRates(format: Pick<CaptureFormat, 'v4l2Fourcc'>, width: number, height: number): FrameRate[] {
    return this.#call((fd) => listFrameRates(this.#kernel, fd, format.v4l2Fourcc, { width, height }));
  }

  /**
   * Sets format, size and rate.
   * @throws NegotiationError with what is offered, where the camera grants something else (a rate counts as granted
   * within 2 %).
   * @throws KernelError EBUSY while another program, or this one, has buffers.
   */
  configure(request: CaptureRequest): CaptureConfiguration {
    const { bufferType, name } = this;
    return this.#call((fd) =>
      configureCapture({ kernel: this.#kernel, fd, bufferType, name, offer: this.#offerOf(fd) }, request),
    );
  }

  /** REQBUFS. Returns how many the driver granted, more or fewer than asked. Replaces earlier buffers. */
  requestBuffers(memory: BufferMemory, count: number): number {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(
        `expected a count of buffers from 1, got ${count}; releaseBuffers gives them back`,
      );
    }
    const granted = this.#call((fd) => this.#kernel.v4l2RequestBuffers(fd, this.bufferType, memory, count));
    this.#memory = memory;
    if (memory === V4L2_MEMORY_DMABUF) this.#importSupport = true;
    else if (granted.capabilities !== 0) this.#importSupport = (granted.capabilities & SUPPORTS_DMABUF) !== 0;
    return granted.count;
  }

  /** REQBUFS(0), after STREAMOFF. Exported fds keep their memory. Idempotent; nothing is left to do once unplugged. */
  releaseBuffers(): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    this.#call((fd) => {
      try {
        this.#kernel.v4l2RequestBuffers(fd, this.bufferType, memory, 0);
      } catch (error) {
        if (isKernelError(error, 'ENODEV')) return;
        if (!isKernelError(error, 'EBUSY')) throw error;
        const advice = 'Stop streaming first; kernels before 5.0 also want every exported buffer closed.';
        throw error.advise(advice, this.info.path);
      }
    });
    this.#memory = undefined;
  }

  /** Whether the driver imports dma-bufs at all. Asked once, before buffers are requested. */
  supportsImport(): boolean {
    if (this.#importSupport !== undefined) return this.#importSupport;
    if (this.#memory !== undefined) {
      throw new InvalidStateError(`ask ${this.name} for import support before its buffers are requested`);
    }
    // A count of 0 allocates nothing; videobuf2 checks the kind of memory all the same.
    this.#importSupport = this.#call((fd) => {
      try {
        this.#kernel.v4l2RequestBuffers(fd, this.bufferType, V4L2_MEMORY_DMABUF, 0);
        return true;
      } catch (error) {
        if (isKernelError(error, 'EINVAL')) return false;
        throw error;
      }
    });
    return this.#importSupport;
  }

  /**
   * Whether the camera takes a buffer in its present format: queues one for trial, without streaming, and takes it
   * back. One dma-buf for each memory plane, lengths in bytes; the fds stay the caller's. Not while buffers are
   * requested.
   *
   * It tells of this buffer alone: one of `system` may be contiguous by luck, so try each that is to be used. Linux 7.3
   * leaks a reference to the later planes' dma-bufs when it refuses one of several memory planes (__prepare_dmabuf).
   *
   * @param heap where the buffer came from, for the advice.
   * @returns the kernel's refusal of the buffer, or undefined where the camera takes it.
   */
  checkImport(planes: readonly { fd: number; length: number }[], heap?: string): KernelError | undefined {
    if (this.#memory !== undefined) {
      throw new InvalidStateError(`release the buffers of ${this.name} before a trial import`);
    }
    // A length past the end fails in dma-buf attachment, where Linux 7.3 leaks the reference that it took.
    for (const { fd, length } of planes) {
      const size = this.#kernel.dmaBufSize(fd);
      if (size < length) throw new RangeError(`expected a dma-buf of ${length} bytes or more, got ${size}`);
    }
    this.requestBuffers(V4L2_MEMORY_DMABUF, 1);
    try {
      this.prepareBuffers([planes], heap);
      return undefined;
    } catch (error) {
      if (!isKernelError(error) || isKernelError(error, 'ENODEV', 'ENXIO')) throw error;
      return error;
    } finally {
      this.releaseBuffers();
    }
  }

  /**
   * Queues all requested buffers once, without streaming, and takes them back: the driver takes each dma-buf (it stays
   * attached to its index) and says where in it the pictures begin.
   *
   * @param buffers by index, a dma-buf for each memory plane; of V4L2_MEMORY_MMAP only lengths. Bytes.
   * @param heap where the buffers came from, for the advice.
   * @returns bytes before the picture, by memory plane (V4L2's `data_offset`).
   * @throws KernelError where the driver refuses one; the buffers stay requested.
   */
  prepareBuffers(buffers: readonly (readonly V4l2QueuePlane[])[], heap?: string): number[] {
    const memory = this.#memory;
    if (memory === undefined) throw new InvalidStateError(`request the buffers of ${this.name} first`);
    try {
      for (const [index, planes] of buffers.entries()) {
        const queue = (fd: number) =>
          this.#kernel.v4l2QueueBuffer(fd, this.bufferType, memory, index, [...planes]);
        this.#call(queue, heap);
      }
      return this.queryBuffer(0).planes.map((plane) => plane.dataOffset);
    } finally {
      this.#call((fd) => this.#kernel.v4l2StreamOff(fd, this.bufferType));
    }
  }

  /** VIDIOC_QUERYBUF: lengths of the driver's own buffers. */
  queryBuffer(index: number): V4l2BufferInfo {
    return this.#call((fd) => this.#kernel.v4l2QueryBuffer(fd, this.bufferType, index));
  }

  /** VIDIOC_EXPBUF of a buffer of the driver's own (V4L2_MEMORY_MMAP). The fd is the caller's to close. */
  exportBuffer(index: number, memoryPlane: number): number {
    return this.#call((fd) => this.#kernel.v4l2ExportBuffer(fd, this.bufferType, index, memoryPlane));
  }

  /** All of them, by index and memory plane, or none. The fds are the caller's to close. */
  exportBuffers(count: number, memoryPlanes: number): number[][] {
    const fds: number[][] = [];
    try {
      for (let index = 0; index < count; index++) {
        const planes: number[] = [];
        fds.push(planes);
        for (let plane = 0; plane < memoryPlanes; plane++) planes.push(this.exportBuffer(index, plane));
      }
      return fds;
    } catch (error) {
      for (const fd of fds.flat()) this.#kernel.close(fd);
      throw error;
    }
  }

  listControls(): CameraControl[] {
    return this.#call((fd) => listControls(this.#kernel, fd));
  }

  /** @param name as {@link CameraControl.name}, in any case. */
  getControl(name: string): number {
    return this.#call((fd) => getControl(this.#kernel, fd, this.info.path, name));
  }

  /** @param value a boolean control takes 0 or 1, a button any number. */
  setControl(name: string, value: number): void {
    this.#call((fd) => setControl(this.#kernel, fd, this.info.path, name, value));
  }

  /**
   * An error that this device gave to someone else (the frame loop), with what to do about it.
   * @param heap where the buffers came from.
   */
  advise(error: KernelError, heap?: string): KernelError {
    return adviseCapture(error, {
      kernel: this.#kernel,
      path: this.info.path,
      ...(this.#fd !== undefined && { fd: this.#fd }),
      ...(heap !== undefined && { heap }),
    });
  }

  /** Buffers that are still queued or requested go back with it. Idempotent. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    this.#memory = undefined;
    this.#kernel.close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #offerOf(fd: number): CameraOffer {
    this.#offer ??= new CameraOffer(this.#kernel, fd, this.bufferType);
    return this.#offer;
  }

  #call<T>(operation: (fd: number) => T, heap?: string): T {
    const fd = this.fd;
    return this.#advised(() => operation(fd), heap);
  }

  #advised<T>(operation: () => T, heap?: string): T {
    try {
      return operation();
    } catch (error) {
      throw isKernelError(error) ? this.advise(error, heap) : error;
    }
  }
}
