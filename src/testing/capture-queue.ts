import type { V4l2DequeuedBuffer, V4l2Format } from '../native/v4l2';
import { V4L2_BUF_FLAG_ERROR, V4L2_MEMORY_DMABUF, V4L2_MEMORY_MMAP } from '../native/v4l2';
import { Errno } from './errno';
import type { FakeDmaBuf, FakePages } from './fake-dma-buf';

const FLAG_QUEUED = 0x2;
const FLAG_DONE = 0x4;
const FLAG_TIMESTAMP_MONOTONIC = 0x2000;

/** A memory plane of a buffer to queue, its fd looked up. */
export interface QueuePlane {
  /** Undefined for MMAP, and for an fd that is no dma-buf. */
  buffer: FakeDmaBuf | undefined;
  length: number;
}

interface QueueBuffer {
  state: 'dequeued' | 'queued' | 'done' | 'error';
  planes: {
    pages: FakePages | undefined;
    attached: FakeDmaBuf | undefined;
    length: number;
    minimum: number;
  }[];
  sequence: number;
  timestamp: number;
  /** It was queued once: the driver has said where its pictures begin. */
  prepared: boolean;
}

/** How the camera that owns a queue allocates and what it accepts. */
export interface QueueRules {
  type: number;
  minBuffers: number;
  maxBuffers: number;
  importsDmaBufs: boolean;
  contiguous: boolean;
  allocate(size: number): FakePages;
  /** Bytes before the picture in a memory plane. */
  dataOffset(plane: number): number;
}

/** A capture queue with videobuf2's rules: who owns it, which state each buffer is in, what it refuses. */
export class CaptureQueue {
  streaming = false;
  /** How often a dma-buf was attached: an index whose dma-buf stays the same is attached once. */
  attachments = 0;
  #memory = 0;
  #buffers: QueueBuffer[] = [];
  readonly #waiting: number[] = [];
  readonly #done: number[] = [];
  #owner: object | undefined;

  constructor(private readonly rules: QueueRules) {}

  get busy(): boolean {
    return this.#buffers.length > 0;
  }

  get hasDone(): boolean {
    return this.#done.length > 0;
  }

  /** Buffers the driver has: waiting to be filled, or filled and not dequeued yet. */
  get queued(): number {
    return this.#waiting.length + this.#done.length;
  }

  checkOwner(file: object): void {
    if (this.#owner && this.#owner !== file) throw new Errno('EBUSY');
  }

  checkType(type: number): void {
    if (type !== this.rules.type) throw new Errno('EINVAL');
  }

  /** REQBUFS: returns how many were granted. */
  request(file: object, type: number, memory: number, count: number, format: V4l2Format): number {
    const known = memory === V4L2_MEMORY_MMAP || (memory === V4L2_MEMORY_DMABUF && this.rules.importsDmaBufs);
    if (!known) throw new Errno('EINVAL');
    this.checkType(type);
    this.checkOwner(file);
    if (this.streaming) throw new Errno('EBUSY');
    this.#free();
    if (count === 0) return 0;
    const granted = Math.min(this.rules.maxBuffers, Math.max(this.rules.minBuffers, count));
    const buffers = this.#allocate(memory, granted, format);
    if (buffers.length === 0) throw new Errno('ENOMEM');
    this.#buffers = buffers;
    this.#memory = memory;
    this.#owner = file;
    return buffers.length;
  }

  info(
    type: number,
    index: number,
  ): { flags: number; planes: { length: number; offset: number; dataOffset: number }[] } {
    this.checkType(type);
    const buffer = this.#buffer(index);
    const flags = {
      dequeued: 0,
      queued: FLAG_QUEUED,
      done: FLAG_DONE,
      error: FLAG_DONE | V4L2_BUF_FLAG_ERROR,
    }[buffer.state];
    const planes = buffer.planes.map(({ length }, plane) => ({
      length,
      offset: ((index << 4) | plane) * 4096,
      dataOffset: buffer.prepared ? this.rules.dataOffset(plane) : 0,
    }));
    return { flags: flags | FLAG_TIMESTAMP_MONOTONIC, planes };
  }

  queue(file: object, type: number, memory: number, index: number, planes: readonly QueuePlane[]): void {
    this.checkOwner(file);
    const buffer = this.#buffer(index);
    this.checkType(type);
    if (memory !== this.#memory || planes.length < buffer.planes.length) throw new Errno('EINVAL');
    if (buffer.state !== 'dequeued') throw new Errno('EINVAL');
    if (memory === V4L2_MEMORY_DMABUF) this.#attach(buffer, planes);
    buffer.state = 'queued';
    buffer.prepared = true;
    this.#waiting.push(index);
  }

  /** DQBUF: undefined where none is ready. */
  dequeue(file: object, type: number): V4l2DequeuedBuffer | undefined {
    this.checkOwner(file);
    this.checkType(type);
    if (!this.streaming) throw new Errno('EINVAL');
    const index = this.#done.shift();
    if (index === undefined) return undefined;
    const buffer = this.#buffer(index);
    const flags = FLAG_TIMESTAMP_MONOTONIC | (buffer.state === 'error' ? V4L2_BUF_FLAG_ERROR : 0);
    buffer.state = 'dequeued';
    const { sequence, timestamp } = buffer;
    const planes = buffer.planes.map(({ length, minimum }, plane) => ({
      bytesUsed: minimum,
      length,
      dataOffset: this.rules.dataOffset(plane),
    }));
    return { index, flags, sequence, field: 1, timestamp, planes };
  }

  /** The memory planes of a buffer of the driver's own. */
  ownPages(index: number): FakePages[] {
    if (this.#memory !== V4L2_MEMORY_MMAP) throw new Errno('EINVAL');
    return this.#buffer(index).planes.flatMap(({ pages }) => pages ?? []);
  }

  pagesToExport(type: number, index: number, plane: number): FakePages {
    if (this.#memory !== V4L2_MEMORY_MMAP && this.busy) throw new Errno('EINVAL');
    this.checkType(type);
    const pages = this.#buffer(index).planes[plane]?.pages;
    if (!pages) throw new Errno('EINVAL');
    return pages;
  }

  start(file: object, type: number): void {
    this.checkOwner(file);
    this.checkType(type);
    if (!this.busy) throw new Errno('EINVAL');
    this.streaming = true;
  }

  /** STREAMOFF: every buffer is the program's again. */
  stop(file: object, type: number): void {
    this.checkOwner(file);
    this.checkType(type);
    this.cancel();
  }

  /** The buffer the next frame goes into, still queued. */
  next(): FakePages[] | undefined {
    const index = this.#waiting[0];
    if (index === undefined) return undefined;
    return this.#buffer(index).planes.flatMap(({ pages }) => (pages ? [pages] : []));
  }

  /** Hands the buffer of `next()` to the program. */
  finish(sequence: number, timestamp: number, error: boolean): void {
    const index = this.#waiting.shift();
    if (index === undefined) return;
    Object.assign(this.#buffer(index), { state: error ? 'error' : 'done', sequence, timestamp });
    this.#done.push(index);
  }

  /** The owner's last fd was closed. */
  closed(file: object): void {
    if (this.#owner !== file) return;
    this.cancel();
    this.#free();
  }

  cancel(): void {
    this.streaming = false;
    this.#waiting.length = 0;
    this.#done.length = 0;
    for (const buffer of this.#buffers) buffer.state = 'dequeued';
  }

  #allocate(memory: number, count: number, format: V4l2Format): QueueBuffer[] {
    const buffers: QueueBuffer[] = [];
    for (let index = 0; index < count; index++) {
      const sizes = format.planes.map((plane) => plane.sizeImage);
      const pages =
        memory === V4L2_MEMORY_MMAP ? allocateAll(sizes, (size) => this.rules.allocate(size)) : [];
      if (!pages) break;
      const planes = sizes.map((minimum, plane) => {
        const length = memory === V4L2_MEMORY_MMAP ? minimum : 0;
        return { pages: pages[plane], attached: undefined, length, minimum };
      });
      buffers.push({ state: 'dequeued', planes, sequence: 0, timestamp: 0, prepared: false });
    }
    return buffers;
  }

  #attach(buffer: QueueBuffer, planes: readonly QueuePlane[]): void {
    for (const [index, plane] of buffer.planes.entries()) {
      const given = planes[index];
      if (!given?.buffer) throw new Errno('EINVAL');
      if ((given.length || given.buffer.pages.size) < plane.minimum) throw new Errno('EINVAL');
    }
    for (const [index, plane] of buffer.planes.entries()) {
      const given = planes[index];
      if (!given?.buffer) continue;
      const length = given.length || given.buffer.pages.size;
      if (plane.attached === given.buffer && plane.length === length) continue;
      detach(plane);
      if (given.buffer.pages.size < length) throw new Errno('EFAULT');
      if (this.rules.contiguous && !given.buffer.pages.contiguous) throw new Errno('EFAULT');
      given.buffer.hold('V4L2 attachment');
      Object.assign(plane, { pages: given.buffer.pages, attached: given.buffer, length });
      this.attachments += 1;
    }
  }

  #free(): void {
    this.cancel();
    for (const buffer of this.#buffers) {
      for (const plane of buffer.planes) {
        if (plane.attached) detach(plane);
        else plane.pages?.unreference();
      }
    }
    this.#buffers = [];
    this.#memory = 0;
    this.#owner = undefined;
  }

  #buffer(index: number): QueueBuffer {
    const buffer = this.#buffers[index];
    if (!buffer) throw new Errno('EINVAL');
    return buffer;
  }
}

function detach(plane: QueueBuffer['planes'][number]): void {
  plane.attached?.drop('V4L2 attachment');
  plane.attached = undefined;
  plane.pages = undefined;
}

/** All or nothing: undefined where one did not fit. */
function allocateAll(sizes: number[], allocate: (size: number) => FakePages): FakePages[] | undefined {
  const pages: FakePages[] = [];
  for (const size of sizes) {
    try {
      const allocated = allocate(size);
      allocated.reference();
      pages.push(allocated);
    } catch (error) {
      for (const earlier of pages) earlier.unreference();
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }
  return pages;
}
