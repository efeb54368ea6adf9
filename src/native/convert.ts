/**
 * The converter: a native thread that makes new frames out of others by converting their pixels (libyuv). It takes the frames of a
 * tap and fills a pool, both of a frame loop, without JavaScript. Access to the bytes is bracketed by DMA_BUF_IOCTL_SYNC on each
 * distinct dma-buf, and each buffer is mapped once.
 */
import type { KernelError } from '../errors';
import type { NativeFiller, NativeTaker } from './frame-loop';

/** Formats that can be converted, by DRM's names; MJPEG is decoded only. */
export type ConvertedFormat = 'XRGB8888' | 'RGB565' | 'NV12' | 'NV21' | 'YUYV' | 'UYVY' | 'YUV420' | 'MJPEG';

/** Pictures on one side, and the buffers that they are in. */
export interface ConverterSide {
  format: ConvertedFormat;
  /** Pixels. */
  width: number;
  height: number;
  /** By colour plane: which memory plane, bytes from its start, bytes of a row. Of MJPEG one, with a stride of 0. */
  planes: { memory: number; offset: number; stride: number }[];
  /** Bytes of each memory plane. */
  lengths: number[];
  /** fds by index (of the capture or pool) and memory plane; the converter dups them. */
  buffers: number[][];
}

export interface ConverterConfig {
  from: ConverterSide;
  /** The size after the rotation. */
  to: ConverterSide;
  /** Degrees, clockwise. */
  rotate: 0 | 90 | 180 | 270;
  /** What the Y'CbCr values of `from` mean; of RGB it is not looked at. What is made of RGB is BT.601, limited range. */
  matrix: 'bt601' | 'bt709' | 'bt2020';
  fullRange: boolean;
}

export interface ConverterCounts {
  /** Frames made. */
  converted: number;
  /** Frames that could not be decoded: none was made of them. */
  damaged: number;
  /** Bytes that the CPU could touch: of each picture all of its memory planes (of a compressed one, those filled). */
  bytesRead: number;
  bytesWritten: number;
  /** Requests of DMA_BUF_IOCTL_SYNC, and microseconds in them. */
  syncCalls: number;
  syncTime: number;
}

export interface NativeConverter {
  /**
   * Frames carry the sequence and timestamp of those that they were made of. When the tap's stream ends, so does the pool's. Once: throws
   * InvalidStateError afterwards.
   */
  start(taker: NativeTaker, filler: NativeFiller): void;
  /** No more frames; resolves when none is at work and all buffers are unmapped. Idempotent. */
  stop(): Promise<void>;
  counts(): ConverterCounts;
}

export interface ConvertKernel {
  /**
   * @param onError a request that the kernel refused; the converter does nothing more.
   * @throws RangeError for planes that do not lie within their buffers.
   */
  createConverter(config: ConverterConfig, onError: (error: KernelError) => void): NativeConverter;
}
