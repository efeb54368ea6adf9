import { InvalidStateError, isKernelError } from '../errors';
import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, type Kernel } from '../native/kernel';
import { CpuAccess, CpuAccessState, type SyncCount, type SyncKernel } from './cpu-access';
import type { AccessHolder } from './cpu-use';
import { closedBeforeExit, reportAtExit } from './exit-report';
import { Fence, type WaitOptions, waitInPieces } from './fence';
import { bufferName, kernelName } from './kernel-name';
import { MEMFD } from './last-resort';
import { forgetLeak, placeOfCall, watchForLeak } from './leak-alarm';
import type { CpuAccessMode } from './memory-requirement';

export type BufferKernel = Pick<
  Kernel,
  | 'adopt'
  | 'close'
  | 'dup'
  | 'dupForeign'
  | 'disown'
  | 'dmaBufSize'
  | 'dmaBufInode'
  | 'dmaBufSetName'
  | 'dmaBufSync'
  | 'dmaBufMap'
  | 'dmaBufUnmap'
  | 'dmaBufView'
  | 'dmaBufDetach'
  | 'dmaBufReady'
  | 'dmaBufWait'
  | 'dmaBufExportSyncFile'
  | 'dmaBufImportSyncFile'
  | 'syncFileWait'
>;

export interface DmaBufOptions {
  /** For debugfs, fdinfo and error messages; shortened to the kernel's 31 bytes. */
  name?: string;
  /** Name of the heap it came from; left out for what a driver exported. */
  heap?: string;
}

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
  readonly #shared: SharedDmaBuf;
  readonly #handle: { closed: boolean };

  private constructor(shared: SharedDmaBuf) {
    const handle = { closed: false };
    this.#shared = shared;
    this.#handle = handle;
    const place = placeOfCall();
    const describe = () =>
      `dma-buf '${shared.name}' (${shared.length} bytes${shared.heap ? ` of ${shared.heap}` : ''})`;
    watchForLeak(this, { describe, reclaim: () => closeHandle(shared, handle) }, place);
    reportAtExit(handle, {
      name: shared.name,
      inode: shared.inode,
      length: shared.length,
      heap: shared.heap,
      place,
    });
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
    return this.#handle.closed;
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
      return new CpuAccess(shared.access, mode, shared, holder);
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
    forgetLeak(this);
    closeHandle(this.#shared, this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(what: string): SharedDmaBuf {
    if (this.#handle.closed) {
      throw new InvalidStateError(
        `${what} of dma-buf '${this.#shared.name}' after close(): clone() the handle to keep the buffer longer`,
      );
    }
    return this.#shared;
  }
}

/** What all handles of one dma-buf share, from the first reference to the last. */
class SharedDmaBuf {
  readonly kernel: BufferKernel;
  readonly fd: number;
  readonly length: number;
  readonly inode: number;
  readonly name: string;
  readonly heap: string | undefined;
  readonly access: CpuAccessState;
  #references = 1;

  constructor(kernel: BufferKernel, fd: number, options: DmaBufOptions) {
    this.kernel = kernel;
    this.fd = fd;
    this.length = kernel.dmaBufSize(fd);
    this.inode = kernel.dmaBufInode(fd);
    this.name = kernelName(options.name ?? bufferName('buffer', this.inode));
    this.heap = options.heap;
    this.access = new CpuAccessState(options.heap === MEMFD ? withoutSync(kernel) : kernel, fd, this.length);
    nameInKernel(kernel, fd, this.name);
  }

  get references(): number {
    return this.#references;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    try {
      this.access.unmap();
    } finally {
      this.kernel.close(this.fd);
    }
  }
}

function closeHandle(shared: SharedDmaBuf, handle: { closed: boolean }): void {
  if (handle.closed) return;
  handle.closed = true;
  closedBeforeExit(handle);
  shared.release();
}

function fenceFlags(access: 'read' | 'write'): number {
  if (access === 'read') return DMA_BUF_SYNC_READ;
  if (access === 'write') return DMA_BUF_SYNC_WRITE;
  throw new TypeError(`expected a fence's access 'read' or 'write', got ${JSON.stringify(access)}`);
}

/** Pages that are no dma-buf: no device has caches to keep in step with. */
function withoutSync(kernel: BufferKernel): SyncKernel {
  return {
    dmaBufSync() {},
    dmaBufMap: (fd, length) => kernel.dmaBufMap(fd, length),
    dmaBufUnmap: (mapping) => kernel.dmaBufUnmap(mapping),
    dmaBufView: (mapping, readOnly) => kernel.dmaBufView(mapping, readOnly),
    dmaBufDetach: (mapping) => kernel.dmaBufDetach(mapping),
  };
}

/** A name is for people only: kernels before 5.3 have none, and some refuse one while a device is attached. */
function nameInKernel(kernel: BufferKernel, fd: number, name: string): void {
  try {
    kernel.dmaBufSetName(fd, name);
  } catch (error) {
    if (!isKernelError(error, 'ENOTTY', 'EBUSY')) throw error;
  }
}
