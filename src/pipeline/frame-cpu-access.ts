/**
 * CPU access to a frame: one sync scope for each distinct dma-buf, one view for each colour plane. The views die with
 * the scope.
 */
import type { CpuAccess } from '../allocators/cpu-access';
import type { DmaBuf } from '../allocators/dma-buf';
import type { CpuAccessMode } from '../allocators/memory-requirement';
import { pixelFormat } from '../formats/pixel-formats';
import type { FrameLayout } from './frame-layout';

export interface PlanePixels {
  /** The plane's bytes, rows of `stride` bytes. Empty after the scope. */
  readonly data: Uint8Array;
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
  readonly planes: readonly PlanePixels[];
  readonly #scopes: readonly CpuAccess[];
  readonly #onClose: () => void;
  #open = true;

  /** @internal */
  constructor(memory: readonly DmaBuf[], layout: FrameLayout, access: CpuAccessMode, onClose: () => void) {
    this.access = access;
    this.#onClose = onClose;
    const scopes: CpuAccess[] = [];
    try {
      for (const buffer of memory) scopes.push(buffer.cpuAccess(access));
    } catch (error) {
      closeAll(scopes);
      throw error;
    }
    this.#scopes = scopes;
    this.planes = planePixels(scopes, layout);
  }

  /** Ends the access: views become empty, END is issued. Idempotent; an error of END is thrown. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onClose();
    const error = closeAll(this.#scopes);
    if (error !== undefined) throw error;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function planePixels(scopes: readonly CpuAccess[], layout: FrameLayout): PlanePixels[] {
  const { planes } = pixelFormat(layout.format);
  return layout.planes.map((plane, index) => {
    const bytes = scopes[plane.memory]?.bytes;
    const samples = planes[index];
    if (!bytes || !samples)
      throw new RangeError(`colour plane ${index} lies in memory plane ${plane.memory}, which is missing`);
    return {
      data: bytes.subarray(plane.offset, plane.offset + plane.length),
      stride: plane.stride,
      width: Math.ceil(layout.width / samples.horizontalSubsampling),
      height: Math.ceil(layout.height / samples.verticalSubsampling),
      bytesPerSample: samples.blockBytes / samples.blockWidth,
    };
  });
}

/** Closes all, returns the first error. */
function closeAll(scopes: readonly CpuAccess[]): unknown {
  let first: unknown;
  for (const scope of scopes) {
    try {
      scope.close();
    } catch (error) {
      first ??= error;
    }
  }
  return first;
}
