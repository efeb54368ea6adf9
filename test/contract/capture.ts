/** A camera that is set up for a test: format, interval, buffers. */
import {
  V4L2_BUF_TYPE_VIDEO_CAPTURE,
  V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
  V4L2_MEMORY_DMABUF,
  type V4l2DequeuedBuffer,
  type V4l2Format,
} from '../../src/native/v4l2';
import { fourcc } from '../../src/testing/pixels';
import { type Session, until } from './bench';

export interface CaptureOptions {
  path?: string;
  multiplanar?: boolean;
  pixelFormat?: string;
  width?: number;
  height?: number;
  fps?: number;
}

export class Capture {
  readonly fd: number;
  readonly type: number;
  readonly format: V4l2Format;
  /** By index, then by memory plane. */
  buffers: { fd: number; length: number }[][] = [];

  constructor(
    private readonly session: Session,
    options: CaptureOptions = {},
  ) {
    const { kernel, bench } = session;
    const { multiplanar = false, pixelFormat = 'XR24', width = 640, height = 480, fps = 60 } = options;
    this.type = multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    this.fd = session.open(options.path ?? (multiplanar ? bench.multiplanarCamera : bench.camera));
    const unset = { field: 0, colorspace: 0, ycbcrEncoding: 0, quantization: 0, transferFunction: 0 };
    const planes = [0, 1].map(() => ({ bytesPerLine: 0, sizeImage: 0 }));
    this.format = kernel.v4l2SetFormat(this.fd, this.type, {
      width,
      height,
      pixelFormat: fourcc(pixelFormat),
      ...unset,
      planes: multiplanar ? planes : planes.slice(0, 1),
    });
    kernel.v4l2SetFrameInterval(this.fd, this.type, { numerator: 1, denominator: fps });
  }

  /** REQBUFS for dma-bufs and one from the heap for each memory plane. */
  allocate(count: number, heap = this.session.bench.contiguousHeap): void {
    const granted = this.session.kernel.v4l2RequestBuffers(this.fd, this.type, V4L2_MEMORY_DMABUF, count);
    this.buffers = Array.from({ length: granted.count }, () =>
      this.format.planes.map(({ sizeImage }) => ({
        fd: this.session.alloc(heap, sizeImage),
        length: sizeImage,
      })),
    );
  }

  queue(index: number, planes = this.buffers[index] ?? []): void {
    this.session.kernel.v4l2QueueBuffer(this.fd, this.type, V4L2_MEMORY_DMABUF, index, planes);
  }

  start(): void {
    for (const index of this.buffers.keys()) this.queue(index);
    this.session.kernel.v4l2StreamOn(this.fd, this.type);
  }

  dequeue(): V4l2DequeuedBuffer | undefined {
    return this.session.kernel.v4l2DequeueBuffer(this.fd, this.type, V4L2_MEMORY_DMABUF);
  }

  nextFrame(): Promise<V4l2DequeuedBuffer> {
    return until(() => this.dequeue());
  }

  stop(): void {
    this.session.kernel.v4l2StreamOff(this.fd, this.type);
  }
}
