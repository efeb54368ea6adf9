/**
 * CPU access to a frame: one sync scope for each distinct dma-buf, one view for each colour plane. The views die with
 * the scope.
 */
import { CpuAccessGroup } from '../allocators/cpu-access-group';
import type { AccessHolder } from '../allocators/cpu-use';
import type { DmaBuf } from '../allocators/dma-buf';
import type { CpuAccessMode } from '../allocators/memory-requirement';
import { pixelFormat } from '../formats/pixel-formats';
import type { FrameLayout } from './frame-layout';

export interface PlanePixels {
  /** The plane's bytes, rows of `stride` bytes. Empty after the scope. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Bytes from a row to the next. */
  readonly stride: number;
  /** Samples in a row and rows: of chroma planes fewer than pixels. */
  readonly width: number;
  readonly height: number;
  /** Bytes of one sample of this plane (2 for the interleaved chroma of NV12). */
  readonly bytesPerSample: number;
}

export class FrameCpuAccess implements Disposable {
  readonly access: CpuAccessMode;
  readonly #group: CpuAccessGroup;
  readonly #layout: FrameLayout;
  #planes: readonly PlanePixels[] | undefined;

  /** @internal `bytesUsed` of the frame. */
  constructor(
    memory: readonly DmaBuf[],
    layout: FrameLayout,
    access: CpuAccessMode,
    holder: AccessHolder,
    bytesUsed: readonly number[],
  ) {
    this.access = access;
    this.#layout = layout;
    this.#group = new CpuAccessGroup(memory, access, holder);
    holder.use.accesses++;
    holder.use.bytes += bytesOf(layout, bytesUsed);
    if (access !== 'read') holder.use.writes++;
  }

  /**
   * By colour plane; of a compressed format the one entry is all its bytes.
   * @throws InvalidStateError after close, where nobody looked at them before.
   */
  get planes(): readonly PlanePixels[] {
    this.#planes ??= planePixels(this.#group, this.#layout);
    return this.#planes;
  }

  /** Ends the access: views become empty, END is issued. Idempotent; an error of END is thrown. */
  close(): void {
    this.#group.close();
  }

  get closed(): boolean {
    return this.#group.closed;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Of a frame's colour planes; of a compressed one what was filled. */
function bytesOf({ planes }: FrameLayout, bytesUsed: readonly number[]): number {
  let bytes = 0;
  for (const { length } of planes) bytes += length;
  if (planes.length === 0) for (const used of bytesUsed) bytes += used;
  return bytes;
}

function planePixels(group: CpuAccessGroup, layout: FrameLayout): PlanePixels[] {
  const { planes } = pixelFormat(layout.format);
  if (planes.length === 0) {
    const data = group.bytes(0);
    return [{ data, stride: data.length, width: data.length, height: 1, bytesPerSample: 1 }];
  }
  return planes.map((samples, index) => {
    const plane = layout.planes[index];
    if (!plane)
      throw new RangeError(
        `${layout.format} has ${planes.length} planes, this frame only ${layout.planes.length}`,
      );
    return {
      data: group.bytes(plane.memory).subarray(plane.offset, plane.offset + plane.length),
      stride: plane.stride,
      width: Math.ceil(layout.width / samples.horizontalSubsampling),
      height: Math.ceil(layout.height / samples.verticalSubsampling),
      bytesPerSample: samples.blockBytes / samples.blockWidth,
    };
  });
}
