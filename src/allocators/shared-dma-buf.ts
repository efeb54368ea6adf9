/** One dma-buf, whoever has handles on it: its fd, what is known of it, and when it is given back. */
import { isKernelError } from '../errors';
import type { Kernel } from '../native/kernel';
import type { AccessedBuffer } from './cpu-access';
import { CpuAccessState, type SyncKernel } from './cpu-access-state';
import { bufferName, kernelName } from './kernel-name';
import { MEMFD } from './last-resort';

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

/** What all handles of one dma-buf share, from the first reference to the last. */
export class SharedDmaBuf implements AccessedBuffer {
  readonly kernel: BufferKernel;
  readonly fd: number;
  readonly length: number;
  readonly inode: number;
  readonly name: string;
  readonly heap: string | undefined;
  #access: CpuAccessState | undefined;
  #references = 1;

  constructor(kernel: BufferKernel, fd: number, options: DmaBufOptions) {
    this.kernel = kernel;
    this.fd = fd;
    this.length = kernel.dmaBufSize(fd);
    this.inode = kernel.dmaBufInode(fd);
    this.name = kernelName(options.name ?? bufferName('buffer', this.inode));
    this.heap = options.heap;
    nameInKernel(kernel, fd, this.name);
  }

  get references(): number {
    return this.#references;
  }

  /** Made when somebody first asks: the buffers of a camera and a display go without. */
  get access(): CpuAccessState {
    this.#access ??= new CpuAccessState(
      this.heap === MEMFD ? withoutSync(this.kernel) : this.kernel,
      this.fd,
      this.length,
    );
    return this.#access;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    try {
      this.#access?.unmap();
    } finally {
      this.kernel.close(this.fd);
    }
  }
}

/** Pages that are no dma-buf: no device has caches to keep in step with. */
function withoutSync(kernel: BufferKernel): SyncKernel {
  return {
    dmaBufSync: () => undefined,
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
