import { InvalidStateError } from '../errors';
import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '../native/kernel';
import { CpuAccess } from './cpu-access';
import type { SyncCount } from './cpu-access-state';
import type { AccessHolder } from './cpu-use';
import { closedBeforeExit, type OpenHandle, reportAtExit, watchExit } from './exit-report';
import { Fence, type WaitOptions, waitInPieces } from './fence';
import { BriefWatch, type Leak, placeOfCall } from './leak-alarm';
import type { CpuAccessMode } from './memory-requirement';
import { type BufferKernel, type DmaBufOptions, SharedDmaBuf } from './shared-dma-buf';

/** A dma-buf as another thread of this process can open it: plain values, made for `postMessage`. */
export interface DmaBufReference {
  /** Of the thread that made the reference, which keeps it open until the other one has it. */
  fd: number;
  inode: number;
  name: string;
  heap: string | undefined;
}

/**
 * A handle on a dma-buf. The fd has one owner, which all handles of the buffer share and count: it is closed when the
 * last handle, CPU access and wait is.
 *
 * A handle that is garbage-collected while open gives its reference back and reports a leak (`DmaflowLeakWarning`; with
 * `DMAFLOW_TRACE=1` it says where the handle was made). One that is open when the program ends is reported on stderr.
 */
export class DmaBuf implements Disposable {
  static readonly #handles = new BriefWatch<DmaBuf>((buffer) => buffer.#leftOpen());
  readonly #shared: SharedDmaBuf;
  /** Where it was made, where tracing is on. */
  readonly #place: string | undefined;
  /** From the end of the turn that made this handle. */
  #leak: LeftOpen | undefined;
  #closed = false;

  private constructor(shared: SharedDmaBuf) {
    this.#shared = shared;
    this.#place = placeOfCall();
    DmaBuf.#handles.watch(this);
    watchExit(DmaBuf.#handles);
  }

  /**
   * Takes over an fd of the kernel's fd table (of a heap allocation, of VIDIOC_EXPBUF): from this call on it belongs to
   * the handle, and is closed too where this throws. A foreign fd goes through `kernel.adopt` first.
   */
  static adopt(kernel: BufferKernel, fd: number, options: DmaBufOptions = {}): DmaBuf {
    try {
      return new DmaBuf(new SharedDmaBuf(kernel, fd, options));
    } catch (error) {
      kernel.close(fd);
      throw error;
    }
  }

  /**
   * The same memory in this thread, with an fd and mappings of its own: nothing is copied.
   *
   * @throws InvalidStateError where the other thread has closed it meanwhile.
   */
  static fromReference(kernel: BufferKernel, reference: DmaBufReference): DmaBuf {
    const fd = kernel.dupForeign(reference.fd);
    if (kernel.dmaBufInode(fd) !== reference.inode) {
      kernel.close(fd);
      throw new InvalidStateError(
        `dma-buf '${reference.name}' was closed by the thread it came from before this one opened it`,
      );
    }
    const { name, heap } = reference;
    return DmaBuf.adopt(kernel, fd, heap === undefined ? { name } : { name, heap });
  }

  /**
   * Borrowed: valid while this handle is open, not to be closed by the caller.
   * @throws InvalidStateError after close.
   */
  get fd(): number {
    return this.#open('fd').fd;
  }

  /** Bytes, whole pages: what the kernel made of the length that was asked for. */
  get length(): number {
    return this.#shared.length;
  }

  /** The same for every fd and handle of the same memory, and for no other dma-buf. */
  get inode(): number {
    return this.#shared.inode;
  }

  /** As the kernel has it, in debugfs `dma_buf/bufinfo` and in fdinfo. */
  get name(): string {
    return this.#shared.name;
  }

  /** The heap it came from, where it came from one. */
  get heap(): string | undefined {
    return this.#shared.heap;
  }

  /** Cache synchronisations over all handles so far. */
  get syncCount(): Readonly<SyncCount> {
    return { ...this.#shared.access.count };
  }

  /** Whether another handle, a CPU access or a wait holds the buffer too. */
  get shared(): boolean {
    return this.#shared.references > 1;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** One more handle on the same buffer; each is closed for itself. The fd is shared, not duplicated. */
  clone(): DmaBuf {
    const shared = this.#open('clone()');
    shared.retain();
    return new DmaBuf(shared);
  }

  /** For {@link DmaBuf.fromReference} in another thread; this handle stays open until it was called there. */
  get reference(): DmaBufReference {
    const { fd, inode, name, heap } = this.#open('reference');
    return { fd, inode, name, heap };
  }

  /** A duplicate of the fd, with O_CLOEXEC, that the caller owns and closes. */
  exportFd(): number {
    const { kernel, fd } = this.#open('exportFd()');
    const duplicate = kernel.dup(fd);
    kernel.disown(duplicate);
    return duplicate;
  }

  /**
   * Lets the CPU read or write the bytes until the returned scope is closed. Where fences are pending the kernel waits
   * for them in this call, and blocks the event loop: `await ready()` first where a device may still be at work.
   *
   * @param holder who accesses, such as a stage: for guard mode, and for its counters.
   * @throws KernelError of DMA_BUF_IOCTL_SYNC or mmap.
   */
  cpuAccess(mode: CpuAccessMode, holder?: AccessHolder): CpuAccess {
    const shared = this.#open('cpuAccess()');
    shared.retain();
    try {
      return new CpuAccess(shared, mode, holder);
    } catch (error) {
      shared.release();
      throw error;
    }
  }

  /**
   * Waits for the fences that a reader (with `write`, a writer) has to wait for, without blocking the event loop.
   * Resolves true when they have signalled, false after the timeout. It says that devices are done, not that caches
   * are clean: that is `cpuAccess`.
   *
   * @throws the signal's reason when it aborts.
   */
  async ready(write: boolean, options: WaitOptions = {}): Promise<boolean> {
    const shared = this.#open('ready()');
    shared.retain();
    try {
      return await waitInPieces((ms) => shared.kernel.dmaBufWait(shared.fd, write, ms), options);
    } finally {
      shared.release();
    }
  }

  /** Whether {@link ready} would resolve at once. */
  isReady(write: boolean): boolean {
    const { kernel, fd } = this.#open('isReady()');
    return kernel.dmaBufReady(fd, write);
  }

  /**
   * The fences that a reader (`write`: a writer) has to wait for now, as one sync_file that the caller closes: to hand on
   * to a device or another process (DMA_BUF_IOCTL_EXPORT_SYNC_FILE, Linux 6.0).
   */
  exportFence(access: 'read' | 'write'): Fence {
    const { kernel, fd } = this.#open('exportFence()');
    return Fence.adopt(kernel, kernel.dmaBufExportSyncFile(fd, fenceFlags(access)));
  }

  /**
   * From here on whoever uses the buffer waits for the fence: writers where it is that of a reader, all where it is that
   * of a writer (DMA_BUF_IOCTL_IMPORT_SYNC_FILE, Linux 6.0). The fence stays the caller's.
   */
  importFence(fence: Fence, access: 'read' | 'write'): void {
    const { kernel, fd } = this.#open('importFence()');
    kernel.dmaBufImportSyncFile(fd, fenceFlags(access), fence.fd);
  }

  /** Gives this handle back. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    DmaBuf.#handles.forget(this);
    if (this.#leak) closedBeforeExit(this.#leak);
    this.#shared.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(what: string): SharedDmaBuf {
    if (this.#closed) {
      throw new InvalidStateError(
        `${what} of dma-buf '${this.#shared.name}' after close(): clone() the handle to keep the buffer longer`,
      );
    }
    return this.#shared;
  }

  #leftOpen(): Leak {
    this.#leak = new LeftOpen(this.#shared, this.#place);
    reportAtExit(this.#leak);
    return this.#leak;
  }
}

/** A handle that was open at the end of the turn that made it: what is left to give back when it is collected. */
class LeftOpen implements Leak, OpenHandle {
  readonly place: string | undefined;
  readonly #shared: SharedDmaBuf;

  constructor(shared: SharedDmaBuf, place: string | undefined) {
    this.#shared = shared;
    this.place = place;
  }

  get name(): string {
    return this.#shared.name;
  }
  get inode(): number {
    return this.#shared.inode;
  }
  get length(): number {
    return this.#shared.length;
  }
  get heap(): string | undefined {
    return this.#shared.heap;
  }

  describe(): string {
    return `dma-buf '${this.name}' (${this.length} bytes${this.heap ? ` of ${this.heap}` : ''})`;
  }

  reclaim(): void {
    closedBeforeExit(this);
    this.#shared.release();
  }
}

function fenceFlags(access: 'read' | 'write'): number {
  if (access === 'read') return DMA_BUF_SYNC_READ;
  if (access === 'write') return DMA_BUF_SYNC_WRITE;
  throw new TypeError(`expected a fence's access 'read' or 'write', got ${JSON.stringify(access)}`);
}
