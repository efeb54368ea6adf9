/** When the CPU's accesses to a dma-buf begin and end, as the kernel is told. */
import { isKernelError } from '../errors';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
  type DmaBufKernel,
} from '../native/kernel';
import type { AccessHolder, CpuUse } from './cpu-use';

/** Requests of DMA_BUF_IOCTL_SYNC on one dma-buf so far. A frame that no CPU touches costs none. */
export interface SyncCount {
  starts: number;
  ends: number;
  /** Attempts that the kernel broke off with EINTR or EAGAIN and that were made again. */
  restarts: number;
}

export type SyncKernel = Pick<
  DmaBufKernel,
  'dmaBufSync' | 'dmaBufMap' | 'dmaBufUnmap' | 'dmaBufView' | 'dmaBufDetach'
>;

/** A mapping, and whether an ArrayBuffer is attached to it: the scope that has it has looked at the bytes. */
export interface Mapping {
  readonly id: number;
  attached: boolean;
}

/** A property of a module costs more than these, and a scope is opened for every frame. */
const READ = DMA_BUF_SYNC_READ;
const WRITE = DMA_BUF_SYNC_WRITE;
const START = DMA_BUF_SYNC_START;
const END = DMA_BUF_SYNC_END;

/**
 * The CPU's side of one dma-buf: its mappings, and the access that the kernel knows to be open.
 *
 * Scopes may overlap (two stages look at one frame). The kernel knows of one access at a time, which is the union of
 * the open scopes' flags. While the union stays the same nothing is issued. When it changes, from F to G:
 *
 * 1. END with F. It writes the CPU's dirty cache lines back, which must come before any START that reads: on
 *    machines without coherent DMA that START discards cache lines, and would discard what a writer wrote.
 * 2. START with G. It waits for the fences that G has to wait for, and makes what devices wrote visible.
 *
 * So each START has an END with the same flags, also across overlaps: read opens: START(R). write opens: END(R),
 * START(RW). write closes: END(RW), which makes the writes visible to devices, START(R). read closes: END(R).
 * Of two writers that overlap, the first one's bytes are sure to be visible to devices when the last one has left.
 *
 * A failed END leaves the access open, so that the next scope to leave tries it again; after the last one it counts
 * as over. A failed START leaves none open, and no END follows.
 *
 * Mappings are made once and kept for the buffer's life. A mapping has one ArrayBuffer at a time (V8 aborts on two over
 * one address), so each scope that overlaps takes a mapping of its own. An ArrayBuffer costs more than both requests
 * together: it is made when the bytes are first looked at, and a scope that never looks has none.
 */
export class CpuAccessState {
  readonly count: SyncCount = { starts: 0, ends: 0, restarts: 0 };
  readonly #kernel: SyncKernel;
  readonly #fd: number;
  readonly #length: number;
  /** Mappings that no scope has. */
  readonly #mappings: Mapping[] = [];
  /** Open scopes that read, and that write. */
  #readers = 0;
  #writers = 0;
  /** The flags of the access that the kernel knows to be open; 0: none. */
  #open = 0;

  constructor(kernel: SyncKernel, fd: number, length: number) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.#length = length;
  }

  /** Begins an access; the caller ends it with {@link leave}, once. */
  enter(flags: number, use: CpuUse | undefined): Mapping {
    // First what can fail without trace.
    const mapping = this.#mappings.pop() ?? this.#map();
    try {
      this.#count(flags, 1, use);
    } catch (error) {
      this.#mappings.push(mapping);
      this.#restore(flags);
      throw error;
    }
    return mapping;
  }

  /** The bytes, once for each access that was begun. `holder` is who looks, for guard mode. */
  view(flags: number, mapping: Mapping, holder: AccessHolder | undefined): ArrayBuffer {
    const view = this.#kernel.dmaBufView(mapping.id, (flags & WRITE) === 0, holder?.name);
    mapping.attached = true;
    return view;
  }

  /** Ends an access: the view dies even where END fails. */
  leave(flags: number, mapping: Mapping, use: CpuUse | undefined): void {
    // Detach first: where views are copies it writes them back, and END must come after the last write.
    try {
      if (mapping.attached) this.#kernel.dmaBufDetach(mapping.id);
    } finally {
      mapping.attached = false;
      this.#mappings.push(mapping);
      this.#count(flags, -1, use);
    }
  }

  /** No scope is open any more, and the buffer goes. */
  unmap(): void {
    for (const mapping of this.#mappings.splice(0)) this.#kernel.dmaBufUnmap(mapping.id);
  }

  /** One scope more or less with these flags: makes the access that the kernel knows that of all; what it costs is counted as `use`. */
  #count(scope: number, difference: 1 | -1, use: CpuUse | undefined): void {
    if (scope & READ) this.#readers += difference;
    if (scope & WRITE) this.#writers += difference;
    const flags = (this.#readers > 0 ? READ : 0) | (this.#writers > 0 ? WRITE : 0);
    const open = this.#open;
    if (flags === open) return;
    if (open !== 0) {
      try {
        this.#sync(END | open, use);
      } catch (error) {
        // Nobody is left to try it again.
        if (flags === 0) this.#open = 0;
        throw error;
      }
      this.#open = 0;
      this.count.ends += 1;
    }
    if (flags !== 0) {
      this.#sync(START | flags, use);
      this.#open = flags;
      this.count.starts += 1;
    }
  }

  /** After a scope failed to begin: the access of the scopes that stay, as far as the kernel lets us. */
  #restore(flags: number): void {
    try {
      this.#count(flags, -1, undefined);
    } catch {
      // The error that made the scope fail is the one to report.
    }
  }

  #sync(flags: number, use: CpuUse | undefined): void {
    for (;;) {
      try {
        if (use) {
          use.syncTime += this.#kernel.dmaBufSync(this.#fd, flags, true) ?? 0;
          use.syncCalls += 1;
        } else {
          this.#kernel.dmaBufSync(this.#fd, flags);
        }
        return;
      } catch (error) {
        if (!isKernelError(error, 'EINTR', 'EAGAIN')) throw error;
        this.count.restarts += 1;
      }
    }
  }

  #map(): Mapping {
    return { id: this.#kernel.dmaBufMap(this.#fd, this.#length), attached: false };
  }
}
