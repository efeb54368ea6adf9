import type { KmsFramebufferRequest } from '../native/kms';
import { Errno } from './errno';
import type { FakeDmaBuf } from './fake-dma-buf';
import type { FakeFence } from './fence';
import { type PixelLayout, type PlaneBytes, pixelLayout, planeSize } from './pixels';

/** A framebuffer: dma-bufs as a picture. Holds them until removed. */
export class FakeFramebuffer {
  readonly width: number;
  readonly height: number;
  readonly fourcc: number;
  readonly layout: PixelLayout;
  readonly planes: readonly { buffer: FakeDmaBuf; stride: number; offset: number }[];

  constructor(
    readonly id: number,
    request: KmsFramebufferRequest,
    buffers: readonly FakeDmaBuf[],
  ) {
    const layout = pixelLayout(request.fourcc);
    if (!layout || buffers.length < layout.planes.length) throw new Errno('EINVAL');
    this.layout = layout;
    this.width = request.width;
    this.height = request.height;
    this.fourcc = request.fourcc;
    this.planes = buffers.map((buffer, index) => {
      const { stride = 0, offset = 0 } = request.planes[index] ?? {};
      return { buffer, stride, offset };
    });
    this.#checkSizes();
    for (const { buffer } of this.planes) buffer.hold('framebuffer');
  }

  /** The colour planes' bytes, for a scan-out or a writeback. */
  get bytes(): PlaneBytes[] {
    return this.planes.map(({ buffer, stride, offset }) => ({
      bytes: buffer.pages.bytes.subarray(offset),
      stride,
    }));
  }

  /** What still writes into its dma-bufs: a commit waits for it. */
  get fences(): FakeFence[] {
    return this.planes.flatMap(({ buffer }) => buffer.fencesFor(false));
  }

  /** Inodes of its dma-bufs, by colour plane. */
  get inodes(): number[] {
    return this.planes.map(({ buffer }) => buffer.inode);
  }

  /** A display reads it from here on, or has it as the next picture. */
  scanOut(): void {
    for (const { buffer } of this.planes) buffer.pages.scanouts += 1;
  }

  endScanOut(): void {
    for (const { buffer } of this.planes) buffer.pages.scanouts -= 1;
  }

  /** Lets go of its memory; no display has it any more. */
  remove(): void {
    for (const { buffer } of this.planes) buffer.drop('framebuffer');
  }

  #checkSizes(): void {
    for (const [index, { buffer, stride, offset }] of this.planes.entries()) {
      const [row, rows] = planeSize(this.layout, index, this.width, this.height);
      if (stride < row || buffer.pages.size < (rows - 1) * stride + row + offset) throw new Errno('EINVAL');
    }
  }
}
