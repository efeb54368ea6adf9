/**
 * The kernel as dmaflow sees it: one function an operation, plain values in, plain values out, no policy.
 *
 * Two implementations satisfy this interface and one contract suite checks both: the addon (`binding.ts`) and the
 * fake kernel (`src/testing`), which scripts faults.
 *
 * File descriptors are numbers here, but they are not loose: every fd an operation returns is owned by the
 * environment's fd table, `close` gives it back, an fd that is not in the table is refused with EBADF, and what
 * is still open when the environment ends (a worker thread's exit too) is closed then.
 *
 * Every operation throws {@link KernelError} (with `code`, `errno`, `syscall` as the kernel spells the request) when
 * the kernel refuses, and does one attempt: callers restart EINTR and EAGAIN where the interface asks for it.
 */

import type { ConvertKernel } from './convert';
import type { FrameLoop, FrameLoopListener } from './frame-loop';
import type { KmsKernel } from './kms';
import type { V4l2Kernel } from './v4l2';

/** `read` opens O_RDONLY, `read-write` O_RDWR; both with O_CLOEXEC, `nonblock` adds O_NONBLOCK. */
export interface OpenOptions {
  access: 'read' | 'read-write';
  nonblock?: boolean;
}

export interface FileKernel {
  /** Bytes of a page: 4096, 16384 or 65536. Heap allocations are rounded up to it. */
  readonly pageSize: number;
  open(path: string, options: OpenOptions): number;
  close(fd: number): void;
  /** F_DUPFD_CLOEXEC; the result is one more entry of the fd table. */
  dup(fd: number): number;
  /**
   * The same of an fd that another environment of this process owns (a worker thread's, the main thread's): no table
   * of this one knows it, so the caller makes sure that it is still open, and looks at what it got.
   */
  dupForeign(fd: number): number;
  /** Takes the fd out of the table: from here on the caller owns and closes it (used to hand fds to other code). */
  disown(fd: number): void;
  /** Puts a foreign fd under the table's ownership. */
  adopt(fd: number): void;
}

/** Documentation/userspace-api/dma-buf-heaps.rst, include/uapi/linux/dma-heap.h. */
export interface DmaHeapKernel {
  /** DMA_HEAP_IOCTL_ALLOC with O_RDWR|O_CLOEXEC. `length` in bytes, rounded up to a page by the kernel. */
  heapAlloc(heapFd: number, length: number): number;
  /** The same on a worker thread: allocating from CMA can block for long while pages are migrated. */
  heapAllocAsync(heapFd: number, length: number): Promise<number>;
}

/** dma-bufs of ordinary pages without a heap: include/uapi/linux/udmabuf.h, memfd_create(2). */
export interface UdmabufKernel {
  /** memfd_create with MFD_CLOEXEC|MFD_ALLOW_SEALING, ftruncate, F_SEAL_SHRINK. `length` in bytes. */
  memfdCreate(name: string, length: number): number;
  /** UDMABUF_CREATE with UDMABUF_FLAGS_CLOEXEC over the first `length` bytes, whole pages. The memfd stays the caller's. */
  udmabufCreate(udmabufFd: number, memfd: number, length: number): number;
  /** The same on a worker thread: it allocates and pins the pages. */
  udmabufCreateAsync(udmabufFd: number, memfd: number, length: number): Promise<number>;
}

/** Flags of DMA_BUF_IOCTL_SYNC, include/uapi/linux/dma-buf.h. */
export const DMA_BUF_SYNC_READ = 1;
export const DMA_BUF_SYNC_WRITE = 2;
export const DMA_BUF_SYNC_START = 0;
export const DMA_BUF_SYNC_END = 4;

/** Documentation/driver-api/dma-buf.rst, include/uapi/linux/dma-buf.h, include/uapi/linux/sync_file.h. */
export interface DmaBufKernel {
  /** Bytes, by lseek(SEEK_END). */
  dmaBufSize(fd: number): number;
  /** Inode number: two fds of the same dma-buf have the same one. */
  dmaBufInode(fd: number): number;
  /** DMA_BUF_SET_NAME_B; at most 31 bytes. */
  dmaBufSetName(fd: number, name: string): void;
  /**
   * One attempt of DMA_BUF_IOCTL_SYNC; EINTR and EAGAIN are the caller's to restart. Where `timed`, the microseconds that it took:
   * to read the clock around the call from JavaScript costs several times the call.
   */
  dmaBufSync(fd: number, flags: number, timed?: boolean): number | undefined;
  /** mmap(MAP_SHARED, PROT_READ|PROT_WRITE) of the whole buffer; returns a mapping id owned by the environment. */
  dmaBufMap(fd: number, length: number): number;
  dmaBufUnmap(mapping: number): void;
  /**
   * An ArrayBuffer over a mapping. At most one may be attached at a time (InvalidState otherwise): V8 aborts on two
   * over the same address. Where the runtime forbids external buffers, this is a copy, written back by detach unless `readOnly`
   * (a reader that outlives a writer must not undo what it wrote). In guard mode (`DMAFLOW_GUARD=1`) a mapping can be touched only
   * while its view is attached, a read-only one only be read; `holder` is who does, for the message of the fault.
   */
  dmaBufView(mapping: number, readOnly?: boolean, holder?: string): ArrayBuffer;
  /** Detaches the ArrayBuffer: length 0 afterwards, never stale memory. */
  dmaBufDetach(mapping: number): void;
  /** True when the fences that a reader (or, with `write`, a writer) would have to wait for have signalled. */
  dmaBufReady(fd: number, write: boolean): boolean;
  /** Resolves when ready, true, or false after `timeoutMs`; the event loop is not blocked. */
  dmaBufWait(fd: number, write: boolean, timeoutMs: number): Promise<boolean>;
  /** DMA_BUF_IOCTL_EXPORT_SYNC_FILE; flags are DMA_BUF_SYNC_READ/WRITE. Returns a sync_file fd. */
  dmaBufExportSyncFile(fd: number, flags: number): number;
  /** DMA_BUF_IOCTL_IMPORT_SYNC_FILE. The sync_file stays the caller's. */
  dmaBufImportSyncFile(fd: number, flags: number, syncFileFd: number): void;
  /** Resolves true when the sync_file has signalled, false after `timeoutMs`; the event loop is not blocked. */
  syncFileWait(fd: number, timeoutMs: number): Promise<boolean>;
}

export interface Kernel
  extends FileKernel,
    DmaHeapKernel,
    UdmabufKernel,
    DmaBufKernel,
    V4l2Kernel,
    KmsKernel,
    ConvertKernel {
  /** Names of the entries of a directory, or undefined where it does not exist. */
  listDirectory(path: string): string[] | undefined;
  /** Contents of a (virtual) text file, or undefined where it cannot be read. */
  readText(path: string): string | undefined;
  /** The same of a file that is no text, as the device tree's properties are. */
  readBytes(path: string): Uint8Array | undefined;
  /** Target of a symbolic link with the last path component only, or undefined. */
  linkName(path: string): string | undefined;
  /** What a device node is and who may use it, or undefined where it does not exist. */
  statNode(path: string): NodeStatus | undefined;
  createFrameLoop(listener: FrameLoopListener): FrameLoop;
}

export interface NodeStatus {
  /** major:minor of a device node. */
  device: string;
  uid: number;
  gid: number;
  /** Permission bits, as in 0o660. */
  mode: number;
  /** st_ctime, milliseconds since the epoch by the wall clock. Of an open dma-buf (`/proc/PID/fd/N`): when it was made. */
  changed: number;
  readable: boolean;
  writable: boolean;
}
