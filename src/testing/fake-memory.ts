import { errnoNumber, InvalidStateError, KernelError } from '../errors';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_WRITE,
  type DmaBufKernel,
  type DmaHeapKernel,
  type UdmabufKernel,
} from '../native/kernel';
import { Errno } from './errno';
import { accessName, FakeDmaBuf, FakePages } from './fake-dma-buf';
import { FakeFile, FakeFiles } from './fake-files';
import { FakeHeap, type FakeHeapOptions, FakeRegion } from './fake-heap';
import { FakeUdmabuf, MEMFD } from './fake-udmabuf';
import { FakeFence, FakeSyncFile, waitForFences } from './fence';

const HEAP_DIRECTORY = '/dev/dma_heap';
const HEAP_MAJOR = 254;
const MISC_MAJOR = 10;
const DEFAULT_CMA_BYTES = 64 * 1024 * 1024;

interface Mapping {
  buffer: FakeDmaBuf;
  view: ArrayBuffer | undefined;
  copy: boolean;
  /** A copy that is not written back. */
  readOnly: boolean;
}

/** Second layer: heaps, dma-bufs, their mappings, CPU access and fences. */
export class FakeMemory extends FakeFiles implements DmaHeapKernel, UdmabufKernel, DmaBufKernel {
  /**
   * Mistakes that a real kernel lets pass and that corrupt pictures or caches: an END without its START, a camera that
   * writes into a buffer that is on screen or under CPU access. `assertNothingLeft` throws where there are any.
   */
  readonly violations: string[] = [];
  readonly #heaps = new Map<string, FakeHeap>();
  readonly #buffers = new Set<FakeDmaBuf>();
  readonly #mappings = new Map<number, Mapping>();
  #nextInode = 1;
  #nextMapping = 1;

  /** Adds /dev/dma_heap/NAME. */
  addHeap(name: string, options: FakeHeapOptions): void {
    const {
      contiguous,
      aliasOf,
      bytes = contiguous ? DEFAULT_CMA_BYTES : Number.POSITIVE_INFINITY,
    } = options;
    const original = aliasOf === undefined ? undefined : this.#heap(aliasOf);
    const heap = new FakeHeap(name, original?.region ?? new FakeRegion(bytes, contiguous));
    this.#heaps.set(name, heap);
    this.tree.addNode(`${HEAP_DIRECTORY}/${name}`, heap, HEAP_MAJOR);
  }

  /** Adds /dev/udmabuf. */
  addUdmabuf(): void {
    this.tree.addNode('/dev/udmabuf', new FakeUdmabuf(), MISC_MAJOR);
  }

  removeHeap(name: string): void {
    this.#heap(name);
    this.#heaps.delete(name);
    this.tree.remove(`${HEAP_DIRECTORY}/${name}`);
  }

  /** Bytes allocated from a heap's region now. */
  heapUsed(name: string): number {
    return this.#heap(name).region.used;
  }

  /** A dma-buf's bytes, for tests that look at what is in it. Detached where a view of it is, so take it anew. */
  bufferBytes(fd: number): Uint8Array {
    return this.dmaBuf(fd, 'bufferBytes').pages.bytes;
  }

  /** Puts work in flight on a buffer: `dmaBufReady` is false until the fence is signalled. */
  addFence(fd: number, options: { write: boolean }): FakeFence {
    const fence = new FakeFence();
    this.dmaBuf(fd, 'addFence').fences.push({ fence, write: options.write });
    return fence;
  }

  heapAlloc(heapFd: number, length: number): number {
    return this.ioctl('DMA_HEAP_IOCTL_ALLOC', heapFd, FakeHeap, { length }, (heap) => {
      const size = Math.ceil(length / this.pageSize) * this.pageSize;
      if (size === 0) throw new Errno('EINVAL');
      return this.exportPages(heap.region.allocate(size), heap.name);
    });
  }

  async heapAllocAsync(heapFd: number, length: number): Promise<number> {
    await Promise.resolve();
    return this.heapAlloc(heapFd, length);
  }

  memfdCreate(name: string, length: number): number {
    return this.request('memfd_create', undefined, undefined, { name, length }, () => {
      const pages = new FakePages(length, false, () => {});
      return this.exportPages(pages, MEMFD, `/memfd:${name} (deleted)`);
    });
  }

  udmabufCreate(udmabufFd: number, memfd: number, length: number): number {
    const syscall = 'UDMABUF_CREATE';
    const memory = this.subjectOf(memfd, syscall, FakeDmaBuf);
    return this.ioctl(syscall, udmabufFd, FakeUdmabuf, { length }, () => {
      if (memory?.exporter !== MEMFD) throw new Errno('EINVAL');
      if (length === 0 || length % this.pageSize !== 0 || length > memory.pages.size)
        throw new Errno('EINVAL');
      return this.exportPages(memory.pages, 'udmabuf');
    });
  }

  async udmabufCreateAsync(udmabufFd: number, memfd: number, length: number): Promise<number> {
    await Promise.resolve();
    return this.udmabufCreate(udmabufFd, memfd, length);
  }

  dmaBufSize(fd: number): number {
    return this.#dmaBufRequest('lseek', fd, {}, (buffer) => buffer.pages.size);
  }

  dmaBufInode(fd: number): number {
    return this.#dmaBufRequest('fstat', fd, {}, (buffer) => buffer.inode);
  }

  dmaBufSetName(fd: number, name: string): void {
    this.#dmaBufRequest('DMA_BUF_SET_NAME_B', fd, { name }, (buffer) => buffer.setName(name));
  }

  dmaBufSync(fd: number, flags: number, timed = false): number | undefined {
    const began = performance.now();
    this.#dmaBufRequest('DMA_BUF_IOCTL_SYNC', fd, { flags }, (buffer) => {
      const violation = buffer.sync(flags);
      if (violation) this.violations.push(violation);
    });
    return timed ? (performance.now() - began) * 1000 : undefined;
  }

  dmaBufMap(fd: number, length: number): number {
    return this.#dmaBufRequest('mmap', fd, { length }, (buffer) => {
      if (length === 0 || length > buffer.pages.size) throw new Errno('EINVAL');
      buffer.hold('mapping');
      const mapping = this.#nextMapping++;
      this.#mappings.set(mapping, { buffer, view: undefined, copy: false, readOnly: false });
      return mapping;
    });
  }

  dmaBufUnmap(mapping: number): void {
    const { buffer, view } = this.#mapping(mapping, 'munmap');
    this.request('munmap', undefined, buffer.path, { mapping }, () => {
      if (view) this.dmaBufDetach(mapping);
      this.#mappings.delete(mapping);
      buffer.drop('mapping');
    });
  }

  dmaBufView(mapping: number, readOnly = false): ArrayBuffer {
    const entry = this.#mapping(mapping, 'view');
    const { pages } = entry.buffer;
    if (entry.view) throw new InvalidStateError(`mapping ${mapping} has a view already: detach it first`);
    entry.copy = pages.views > 0;
    entry.readOnly = readOnly;
    entry.view = entry.copy ? pages.storage.slice(0) : pages.storage;
    pages.views += 1;
    return entry.view;
  }

  dmaBufDetach(mapping: number): void {
    const entry = this.#mapping(mapping, 'detach');
    if (!entry.view) return;
    const { pages } = entry.buffer;
    const detached = structuredClone(entry.view, { transfer: [entry.view] });
    if (!entry.copy) pages.storage = detached;
    else if (!entry.readOnly) pages.bytes.set(new Uint8Array(detached));
    pages.views -= 1;
    entry.view = undefined;
  }

  dmaBufReady(fd: number, write: boolean): boolean {
    return this.#dmaBufRequest('poll', fd, { write }, (buffer) =>
      buffer.fencesFor(write).every((fence) => fence.signalled),
    );
  }

  async dmaBufWait(fd: number, write: boolean, timeoutMs: number): Promise<boolean> {
    const fences = this.#dmaBufRequest('poll', fd, { write, timeoutMs }, (buffer) => buffer.fencesFor(write));
    return waitForFences(fences, timeoutMs);
  }

  dmaBufExportSyncFile(fd: number, flags: number): number {
    return this.#dmaBufRequest('DMA_BUF_IOCTL_EXPORT_SYNC_FILE', fd, { flags }, (buffer, file) => {
      if (accessName(flags) === '' || flags > 3) throw new Errno('EINVAL');
      const fences = buffer.fencesFor((flags & 2) !== 0);
      return this.install(new FakeFile(new FakeSyncFile(fences), file.options, () => 'anon_inode:sync_file'));
    });
  }

  dmaBufImportSyncFile(fd: number, flags: number, syncFileFd: number): void {
    const syscall = 'DMA_BUF_IOCTL_IMPORT_SYNC_FILE';
    const syncFile = this.subjectOf(syncFileFd, syscall, FakeSyncFile);
    this.#dmaBufRequest(syscall, fd, { flags, syncFileFd }, (buffer) => {
      if (!syncFile || accessName(flags) === '' || flags > 3) throw new Errno('EINVAL');
      for (const fence of syncFile.fences) buffer.fences.push({ fence, write: (flags & 2) !== 0 });
    });
  }

  async syncFileWait(fd: number, timeoutMs: number): Promise<boolean> {
    const fences = this.ioctl('poll', fd, FakeSyncFile, { timeoutMs }, (file) => file.fences);
    return waitForFences(fences, timeoutMs);
  }

  override left(): string[] {
    const mappings = [...this.#mappings].map(
      ([id, { buffer, view }]) => `mapping ${id} of ${buffer.path}${view ? ', with a view attached' : ''}`,
    );
    const accesses = [...this.#buffers].flatMap((buffer) =>
      buffer.openAccesses.map((flags) => `CPU access ${accessName(flags)} of ${buffer.path}`),
    );
    const buffers = [...this.#buffers].map(
      (buffer) => `dma-buf ${buffer.inode} ${buffer.path} of ${buffer.exporter}, held by ${buffer.holders}`,
    );
    return [...super.left(), ...mappings, ...accesses, ...buffers];
  }

  protected override closeAll(): void {
    for (const mapping of [...this.#mappings.keys()]) this.dmaBufUnmap(mapping);
    super.closeAll();
  }

  protected override memoryInfo(): string {
    const regions = new Set([...this.#heaps.values()].map((heap) => heap.region));
    const contiguous = [...regions].filter((region) => region.contiguous);
    const total = contiguous.reduce((sum, region) => sum + region.bytes, 0);
    const used = contiguous.reduce((sum, region) => sum + region.used, 0);
    return `${super.memoryInfo()}${kilobytes('CmaTotal', total)}${kilobytes('CmaFree', total - used)}`;
  }

  /** The dma-buf behind an fd argument; undefined where it is another kind of file. */
  protected dmaBufArgument(fd: number, syscall: string): FakeDmaBuf | undefined {
    const subject = this.subjectOf(fd, syscall, FakeDmaBuf);
    return subject?.exporter === MEMFD ? undefined : subject;
  }

  /** What native code does that writes: START, the bytes, END; of a memfd without. */
  protected write(fd: number, bytes: Uint8Array): void {
    const buffer = this.subjectOf(fd, 'write', FakeDmaBuf);
    const isMemfd = buffer?.exporter === MEMFD;
    if (!isMemfd) this.dmaBufSync(fd, DMA_BUF_SYNC_WRITE);
    buffer?.pages.bytes.set(bytes);
    if (!isMemfd) this.dmaBufSync(fd, DMA_BUF_SYNC_WRITE | DMA_BUF_SYNC_END);
  }

  /** A new dma-buf over pages, as an fd of the table. */
  protected exportPages(pages: FakePages, exporter: string, path?: string): number {
    const buffer = new FakeDmaBuf(this.#nextInode++, pages, exporter, (gone) => this.#buffers.delete(gone));
    this.#buffers.add(buffer);
    return this.install(new FakeFile(buffer, { access: 'read-write' }, () => path ?? buffer.path));
  }

  /** Open CPU accesses of the pages, for the camera that is about to write there. */
  protected accessesOf(pages: FakePages): string[] {
    return [...this.#buffers]
      .filter((buffer) => buffer.pages === pages && buffer.openAccesses.length > 0)
      .map(
        (buffer) => `${buffer.path} is under CPU access (${buffer.openAccesses.map(accessName).join(', ')})`,
      );
  }

  /** The region a driver with contiguous DMA allocates from. */
  protected contiguousRegion(): FakeRegion | undefined {
    return [...this.#heaps.values()].find((heap) => heap.region.contiguous)?.region;
  }

  private dmaBuf(fd: number, syscall: string): FakeDmaBuf {
    const buffer = this.dmaBufArgument(fd, syscall);
    if (!buffer) throw new RangeError(`fd ${fd} is not a dma-buf`);
    return buffer;
  }

  #dmaBufRequest<R>(
    syscall: string,
    fd: number,
    args: Record<string, unknown>,
    action: (buffer: FakeDmaBuf, file: FakeFile) => R,
  ): R {
    return this.ioctl(syscall, fd, FakeDmaBuf, args, (buffer, file) => {
      if (buffer.exporter === MEMFD && syscall.startsWith('DMA_BUF_')) throw new Errno('ENOTTY');
      return action(buffer, file);
    });
  }

  #mapping(id: number, syscall: string): Mapping {
    const mapping = this.#mappings.get(id);
    if (!mapping) throw new KernelError(syscall, errnoNumber('EINVAL'));
    return mapping;
  }

  #heap(name: string): FakeHeap {
    const heap = this.#heaps.get(name);
    if (!heap)
      throw new RangeError(`no heap '${name}' in the fake kernel: ${[...this.#heaps.keys()].join(', ')}`);
    return heap;
  }
}

function kilobytes(name: string, bytes: number): string {
  return `${`${name}:`.padEnd(16)}${String(bytes / 1024).padStart(8)} kB\n`;
}
