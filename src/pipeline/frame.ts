/**
 * A frame: a buffer with one capture's metadata. A life of a frame:
 *
 * 1. The camera fills the buffer; the frame loop hands it to JavaScript with one reference.
 * 2. Handles: the first one is made for the stage or subscriber; `clone()` makes more. Each is closed once.
 * 3. When the last handle closes the reference goes back to the frame loop, and the buffer to the camera.
 * 4. If the pipeline stops first, open handles keep the memory readable until they close.
 */
import type { AccessHolder } from '../allocators/cpu-use';
import type { DmaBuf } from '../allocators/dma-buf';
import type { Fence, WaitOptions } from '../allocators/fence';
import type { CpuAccessMode } from '../allocators/memory-requirement';
import { InvalidStateError } from '../errors';
import type { ColorSpace } from '../formats/color-space';
import type { PixelFormatName } from '../formats/pixel-formats';
import type { ColorPlaneLayout } from '../formats/plane-layout';
import { FrameCpuAccess } from './frame-cpu-access';
import type { FrameLayout } from './frame-layout';
import type { FrameLease } from './frame-lease';

/** What a capture says of a frame. */
export interface FrameMetadata {
  /** The driver's count; a gap means lost frames. */
  sequence: number;
  /** Integer microseconds of CLOCK_MONOTONIC. */
  timestamp: number;
  /** Bytes the driver filled, by memory plane. */
  bytesUsed: readonly number[];
}

const leaks = new FinalizationRegistry<{ lease: FrameLease; stage: string; place: string | undefined }>(
  (held) => {
    held.lease.drop();
    process.emitWarning(
      `a frame handle of '${held.stage}' was never closed; its buffer was taken back by the garbage collector. ` +
        `Close every clone().${held.place ? `\n${held.place}` : ' Run with DMAFLOW_TRACE=1 for the place.'}`,
      { code: 'DMAFLOW_FRAME_LEAK' },
    );
  },
);

const NONE: readonly FrameCpuAccess[] = [];
const isOpen = ({ closed }: FrameCpuAccess) => !closed;

export class Frame implements Disposable, FrameMetadata {
  readonly sequence: number;
  readonly timestamp: number;
  readonly bytesUsed: readonly number[];
  readonly #lease: FrameLease;
  readonly #layout: FrameLayout;
  readonly #holder: AccessHolder;
  readonly #access: CpuAccessMode;
  /** All that are open are in it. */
  #scopes: readonly FrameCpuAccess[] = NONE;
  /** Whether the garbage collector is asked to tell of it. */
  #watched = false;
  #open = true;

  /**
   * @internal
   * @param holder who it is made for.
   * @param access the most that the holder declared; also what `cpuAccess()` opens by default.
   */
  constructor(
    lease: FrameLease,
    layout: FrameLayout,
    metadata: FrameMetadata,
    holder: AccessHolder,
    access: CpuAccessMode,
  ) {
    this.#lease = lease.retain();
    this.#layout = layout;
    this.sequence = metadata.sequence;
    this.timestamp = metadata.timestamp;
    this.bytesUsed = metadata.bytesUsed;
    this.#holder = holder;
    this.#access = access;
  }

  /** Format name as in the formats table: `XRGB8888`, `NV12`. */
  get format(): PixelFormatName {
    return this.#layout.format;
  }
  /** Pixels. */
  get codedWidth(): number {
    return this.#layout.width;
  }
  /** Pixels. */
  get codedHeight(): number {
    return this.#layout.height;
  }
  get visibleRect(): { x: number; y: number; width: number; height: number } {
    return { x: 0, y: 0, width: this.#layout.width, height: this.#layout.height };
  }
  get colorSpace(): ColorSpace {
    return this.#layout.colorSpace;
  }
  /** Colour planes: memory plane, offset, stride and length in bytes. */
  get planes(): readonly ColorPlaneLayout[] {
    return this.#layout.planes;
  }
  /** The frame's dma-bufs by memory plane; borrowed, valid until this handle closes. */
  get buffers(): readonly DmaBuf[] {
    this.#assertOpen();
    return this.#lease.memory;
  }
  get closed(): boolean {
    return !this.#open;
  }
  /** Whether a scope of this handle is open. */
  get accessOpen(): boolean {
    return this.#scopes.length > 0 && this.#scopes.some(isOpen);
  }

  /**
   * Opens the bytes to the CPU: `using px = frame.cpuAccess('read')`. Brackets the access by DMA_BUF_IOCTL_SYNC, once for each
   * distinct dma-buf. Without an argument: what the stage declared. Throws TypeError for more than was declared.
   */
  cpuAccess(access: CpuAccessMode = this.#access): FrameCpuAccess {
    this.#assertOpen();
    if (this.#access === 'read' && access !== 'read') {
      throw new TypeError(
        `'${this.#holder.name}' declared access 'read', cpuAccess('${access}') is more: declare { access: 'read-write' }`,
      );
    }
    const scope = new FrameCpuAccess(this.#lease.memory, this.#layout, access, this.#holder, this.bytesUsed);
    this.#scopes = this.accessOpen ? [...this.#scopes.filter(isOpen), scope] : [scope];
    return scope;
  }

  /**
   * Waits for the fences of devices that still work on the frame; `access` is what is to follow. Resolves true when they have
   * signalled, false after the timeout. A stage's own frame is ready when the stage gets it.
   *
   * @throws the signal's reason when it aborts.
   */
  async ready(access: CpuAccessMode = this.#access, options: WaitOptions = {}): Promise<boolean> {
    const deadline = performance.now() + (options.timeout ?? Number.POSITIVE_INFINITY);
    for (const buffer of distinct(this.buffers)) {
      const timeout = Math.max(0, deadline - performance.now());
      if (!(await buffer.ready(access !== 'read', { ...options, timeout }))) return false;
    }
    return true;
  }

  /**
   * A device that the pipeline does not know of works on the frame until the fence signals: one that reads it, or one that writes it. Stages
   * behind, displays and the camera wait for that by themselves, and the function need not. The fence stays the caller's.
   *
   * @throws KernelError of DMA_BUF_IOCTL_IMPORT_SYNC_FILE (ENOTTY before Linux 6.0).
   */
  addFence(fence: Fence, access: 'read' | 'write'): void {
    for (const buffer of distinct(this.buffers)) buffer.importFence(fence, access);
    this.#lease.awaitFences();
  }

  /** @internal Whether `addFence` was called on any handle of the frame. */
  get fenced(): boolean {
    return this.#lease.fenced;
  }

  /** @internal A handle in another thread has added a fence to the dma-bufs. */
  awaitFences(): void {
    this.#lease.awaitFences();
  }

  /** Another handle on the same frame, no copy; the caller closes it. */
  clone(): Frame {
    this.#assertOpen();
    const frame = new Frame(this.#lease, this.#layout, this, this.#holder, this.#access);
    const place = process.env.DMAFLOW_TRACE === '1' ? new Error('cloned here').stack : undefined;
    frame.#watched = true;
    leaks.register(frame, { lease: this.#lease, stage: this.#holder.name, place }, frame);
    return frame;
  }

  /** Gives this handle back. Idempotent. Closes scopes that are still open; their error, if any, is thrown after that. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#watched) leaks.unregister(this);
    let failure: { error: unknown } | undefined;
    for (const scope of this.#scopes) {
      try {
        scope.close();
      } catch (error) {
        failure ??= { error };
      }
    }
    this.#lease.drop();
    if (failure) throw failure.error;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #assertOpen(): void {
    if (!this.#open) {
      throw new InvalidStateError(
        `this frame of '${this.#holder.name}' was closed: it ends with the function it was given to. Keep it with frame.clone()`,
      );
    }
  }
}

/** Each dma-buf once, however many planes share it. */
export function distinct(buffers: readonly DmaBuf[]): DmaBuf[] {
  const byInode = new Map(buffers.map((buffer) => [buffer.inode, buffer]));
  return byInode.size === buffers.length ? [...buffers] : [...byInode.values()];
}
