/** The only way to a buffer's bytes: a scope that tells the kernel when the CPU begins and ends. */
import { InvalidStateError, isKernelError } from '../errors';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
  type DmaBufKernel,
} from '../native/kernel';
import type { AccessHolder, CpuUse } from './cpu-use';
import { BriefLeak, forgetBrief, watchBriefly } from './leak-alarm';
import type { CpuAccessMode } from './memory-requirement';

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

interface Mapping {
  readonly id: number;
  /** A scope uses it. */
  taken: boolean;
  /** An ArrayBuffer is attached: the scope has looked at the bytes. */
  attached: boolean;
}

const READ = DMA_BUF_SYNC_READ;
const WRITE = DMA_BUF_SYNC_WRITE;

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
    const mapping = this.#freeMapping();
    this.#addScope(flags, 1);
    try {
      this.#transition(this.#union(), use);
    } catch (error) {
      this.#addScope(flags, -1);
      this.#restore();
      throw error;
    }
    mapping.taken = true;
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
      mapping.taken = false;
      this.#addScope(flags, -1);
      this.#leaveAccess(use);
    }
  }

  /** No scope is open any more, and the buffer goes. */
  unmap(): void {
    for (const mapping of this.#mappings.splice(0)) this.#kernel.dmaBufUnmap(mapping.id);
  }

  #leaveAccess(use?: CpuUse): void {
    try {
      this.#transition(this.#union(), use);
    } finally {
      if (this.#union() === 0) this.#open = 0;
    }
  }

  /** Makes the access that the kernel knows that of `flags`; what it costs is counted as `use`. */
  #transition(flags: number, use: CpuUse | undefined): void {
    if (flags === this.#open) return;
    const began = use && performance.now();
    const before = this.count.starts + this.count.ends;
    this.#changeAccess(flags);
    if (!use || began === undefined) return;
    use.syncTime += (performance.now() - began) * 1000;
    use.syncCalls += this.count.starts + this.count.ends - before;
  }

  #changeAccess(flags: number): void {
    if (this.#open !== 0) {
      this.#sync(DMA_BUF_SYNC_END | this.#open);
      this.#open = 0;
      this.count.ends += 1;
    }
    if (flags !== 0) {
      this.#sync(DMA_BUF_SYNC_START | flags);
      this.#open = flags;
      this.count.starts += 1;
    }
  }

  /** After a scope failed to begin: the access of the scopes that stay, as far as the kernel lets us. */
  #restore(): void {
    try {
      this.#leaveAccess();
    } catch {
      // The error that made the scope fail is the one to report.
    }
  }

  #sync(flags: number): void {
    for (;;) {
      try {
        this.#kernel.dmaBufSync(this.#fd, flags);
        return;
      } catch (error) {
        if (!isKernelError(error, 'EINTR', 'EAGAIN')) throw error;
        this.count.restarts += 1;
      }
    }
  }

  #freeMapping(): Mapping {
    for (const mapping of this.#mappings) if (!mapping.taken) return mapping;
    const id = this.#kernel.dmaBufMap(this.#fd, this.#length);
    const mapping = { id, taken: false, attached: false };
    this.#mappings.push(mapping);
    return mapping;
  }

  #addScope(flags: number, difference: 1 | -1): void {
    if (flags & READ) this.#readers += difference;
    if (flags & WRITE) this.#writers += difference;
  }

  #union(): number {
    return (this.#readers > 0 ? READ : 0) | (this.#writers > 0 ? WRITE : 0);
  }
}

/** Whose bytes they are: kept until the access has ended. */
export interface AccessedBuffer {
  readonly name: string;
  /** The access has ended, in whatever way. */
  release(): void;
}

/**
 * One access of the CPU to one dma-buf: `using px = buffer.cpuAccess('read')`. Its bytes are there until `close()`;
 * afterwards every view of them has length 0.
 */
export class CpuAccess implements Disposable {
  readonly mode: CpuAccessMode;
  readonly #scope: Scope;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  /** @internal Use `DmaBuf.cpuAccess`. */
  constructor(
    state: CpuAccessState,
    mode: CpuAccessMode,
    buffer: AccessedBuffer,
    holder: AccessHolder | undefined,
  ) {
    this.mode = mode;
    this.#scope = new Scope(state, mode, buffer, holder);
    watchBriefly(this, this.#scope);
  }

  /**
   * The whole dma-buf.
   * @throws InvalidStateError after close.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#scope.closed) {
      throw new InvalidStateError(
        'this CPU access is closed: take the bytes before close(), or open another with cpuAccess()',
      );
    }
    this.#bytes ??= new Uint8Array(this.#scope.view());
    return this.#bytes;
  }

  get closed(): boolean {
    return this.#scope.closed;
  }

  /**
   * Ends the access. Calling it again does nothing.
   * @throws KernelError of DMA_BUF_IOCTL_SYNC: devices may not see what was written. The bytes are gone all the same.
   */
  close(): void {
    if (this.#scope.closed) return;
    forgetBrief(this, this.#scope);
    this.#scope.reclaim();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What is open, apart from the object that its user holds: it can still be ended when that was collected. */
class Scope extends BriefLeak {
  closed = false;
  readonly #state: CpuAccessState;
  readonly #mode: CpuAccessMode;
  readonly #flags: number;
  readonly #mapping: Mapping;
  readonly #buffer: AccessedBuffer;
  readonly #holder: AccessHolder | undefined;

  constructor(
    state: CpuAccessState,
    mode: CpuAccessMode,
    buffer: AccessedBuffer,
    holder: AccessHolder | undefined,
  ) {
    super();
    this.#state = state;
    this.#mode = mode;
    this.#flags = syncFlags(mode);
    this.#buffer = buffer;
    this.#holder = holder;
    this.#mapping = state.enter(this.#flags, holder?.use);
  }

  view(): ArrayBuffer {
    return this.#state.view(this.#flags, this.#mapping, this.#holder);
  }

  override describe(): string {
    return `CPU access (${this.#mode}) to dma-buf '${this.#buffer.name}'`;
  }

  override reclaim(): void {
    this.closed = true;
    try {
      this.#state.leave(this.#flags, this.#mapping, this.#holder?.use);
    } finally {
      this.#buffer.release();
    }
  }
}

function syncFlags(mode: CpuAccessMode): number {
  switch (mode) {
    case 'read':
      return READ;
    case 'write':
      return WRITE;
    case 'read-write':
      return READ | WRITE;
    default:
      throw new TypeError(`expected CPU access 'read', 'write' or 'read-write', got ${JSON.stringify(mode)}`);
  }
}
