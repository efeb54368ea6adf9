/** The only way to a buffer's bytes: a scope that tells the kernel when the CPU begins and ends. */
import { InvalidStateError } from '../errors';
import { DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '../native/kernel';
import type { CpuAccessState, Mapping } from './cpu-access-state';
import type { AccessHolder } from './cpu-use';
import { BriefWatch, type Leak, placeOfCall } from './leak-alarm';
import type { CpuAccessMode } from './memory-requirement';

/** A property of a module costs more than these, and a scope is opened for every frame. */
const READ = DMA_BUF_SYNC_READ;
const WRITE = DMA_BUF_SYNC_WRITE;

/** Whose bytes they are: kept until the access has ended. */
export interface AccessedBuffer {
  readonly name: string;
  readonly access: CpuAccessState;
  /** The access has ended, in whatever way. */
  release(): void;
}

/**
 * One access of the CPU to one dma-buf: `using px = buffer.cpuAccess('read')`. Its bytes are there until `close()`;
 * afterwards every view of them has length 0.
 */
export class CpuAccess implements Disposable {
  static readonly #accesses = new BriefWatch<CpuAccess>((access) => access.#leftOpen());
  readonly mode: CpuAccessMode;
  readonly #buffer: AccessedBuffer;
  readonly #state: CpuAccessState;
  readonly #holder: AccessHolder | undefined;
  readonly #flags: number;
  readonly #mapping: Mapping;
  /** Where it was made, where tracing is on. */
  readonly #place: string | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #closed = false;

  /** @internal Use `DmaBuf.cpuAccess`. */
  constructor(buffer: AccessedBuffer, mode: CpuAccessMode, holder: AccessHolder | undefined) {
    this.mode = mode;
    this.#buffer = buffer;
    this.#state = buffer.access;
    this.#holder = holder;
    this.#flags = syncFlags(mode);
    this.#mapping = this.#state.enter(this.#flags, holder?.use);
    this.#place = placeOfCall();
    CpuAccess.#accesses.watch(this);
  }

  /**
   * The whole dma-buf.
   * @throws InvalidStateError after close.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#closed) {
      throw new InvalidStateError(
        'this CPU access is closed: take the bytes before close(), or open another with cpuAccess()',
      );
    }
    this.#bytes ??= new Uint8Array(this.#state.view(this.#flags, this.#mapping, this.#holder));
    return this.#bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Ends the access. Calling it again does nothing.
   * @throws KernelError of DMA_BUF_IOCTL_SYNC: devices may not see what was written. The bytes are gone all the same.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    CpuAccess.#accesses.forget(this);
    end(this.#buffer, this.#state, this.#flags, this.#mapping, this.#holder);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #leftOpen(): Leak {
    return leakOf(
      this.mode,
      this.#place,
      this.#buffer,
      this.#state,
      this.#flags,
      this.#mapping,
      this.#holder,
    );
  }
}

function end(
  buffer: AccessedBuffer,
  state: CpuAccessState,
  flags: number,
  mapping: Mapping,
  holder: AccessHolder | undefined,
): void {
  try {
    state.leave(flags, mapping, holder?.use);
  } finally {
    buffer.release();
  }
}

/** What is open, apart from the object that its user holds: it can still be ended when that was collected. */
function leakOf(
  mode: CpuAccessMode,
  place: string | undefined,
  buffer: AccessedBuffer,
  state: CpuAccessState,
  flags: number,
  mapping: Mapping,
  holder: AccessHolder | undefined,
): Leak {
  return {
    place,
    describe: () => `CPU access (${mode}) to dma-buf '${buffer.name}'`,
    reclaim: () => end(buffer, state, flags, mapping, holder),
  };
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
