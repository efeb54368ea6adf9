import { DMA_BUF_SYNC_END, DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '../native/kernel';
import { Errno } from './errno';
import type { FileSubject } from './fake-tree';
import type { FakeFence } from './fence';

const SYNC_RW = DMA_BUF_SYNC_READ | DMA_BUF_SYNC_WRITE;
const SYNC_VALID = SYNC_RW | DMA_BUF_SYNC_END;
const NAME_BYTES = 32;

/** Memory behind one or several dma-bufs: what a heap or a driver allocated. */
export class FakePages {
  /** Replaced when a view is detached: the bytes move on, the detached view is left with length 0. */
  storage: ArrayBuffer;
  /** Views attached now. The first is the storage itself; a second one (another mapping) is a copy, written back. */
  views = 0;
  /** How many planes scan this memory out. */
  scanouts = 0;
  #references = 0;

  constructor(
    readonly size: number,
    readonly contiguous: boolean,
    private readonly onFree: () => void,
  ) {
    this.storage = new ArrayBuffer(size);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.storage);
  }

  reference(): void {
    this.#references += 1;
  }

  unreference(): void {
    this.#references -= 1;
    if (this.#references === 0) this.onFree();
  }
}

/** A dma-buf: pages with an inode, a name, fences, and an account of who holds it and which CPU accesses are open. */
export class FakeDmaBuf implements FileSubject {
  name = '';
  readonly fences: { fence: FakeFence; write: boolean }[] = [];
  /** Flags of every START without its END. */
  readonly openAccesses: number[] = [];
  /** The GEM objects, attachments, mappings and files that keep it alive, with their count. */
  readonly #holders = new Map<string, number>();

  constructor(
    readonly inode: number,
    readonly pages: FakePages,
    /** Who allocated it: a heap's name, or a driver's. */
    readonly exporter: string,
    private readonly onGone: (buffer: FakeDmaBuf) => void,
  ) {
    pages.reference();
    this.hold('file');
  }

  get path(): string {
    return `/dmabuf:${this.name}`;
  }

  release(): void {
    this.drop('file');
  }

  hold(holder: string): void {
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + 1);
  }

  drop(holder: string): void {
    const count = this.#holders.get(holder);
    if (count === undefined) throw new Error(`${this.path} is not held by ${holder}`);
    if (count > 1) this.#holders.set(holder, count - 1);
    else this.#holders.delete(holder);
    if (this.#holders.size > 0) return;
    this.pages.unreference();
    this.onGone(this);
  }

  /** Who still holds it: `file, mapping, GEM handle`. */
  get holders(): string {
    return [...this.#holders]
      .map(([holder, count]) => (count > 1 ? `${holder} (${count})` : holder))
      .join(', ');
  }

  setName(name: string): void {
    if (Buffer.byteLength(name) >= NAME_BYTES) throw new Errno('EINVAL');
    this.name = name;
  }

  /** Returns what was wrong with the pairing, which a real kernel does not notice. */
  sync(flags: number): string | undefined {
    if ((flags & ~SYNC_VALID) !== 0 || (flags & SYNC_RW) === 0) throw new Errno('EINVAL');
    const access = flags & SYNC_RW;
    if ((flags & DMA_BUF_SYNC_END) === 0) {
      this.openAccesses.push(access);
      return undefined;
    }
    const open = this.openAccesses.lastIndexOf(access);
    if (open >= 0) this.openAccesses.splice(open, 1);
    else
      return `DMA_BUF_IOCTL_SYNC END ${accessName(access)} of ${this.path} without a START of the same flags`;
    return undefined;
  }

  /** Fences that a reader (with `write`, a writer) waits for. */
  fencesFor(write: boolean): FakeFence[] {
    return this.fences.filter((entry) => write || entry.write).map((entry) => entry.fence);
  }
}

/** `READ`, `WRITE`, `READ|WRITE`. */
export function accessName(flags: number): string {
  const names = [flags & DMA_BUF_SYNC_READ ? 'READ' : '', flags & DMA_BUF_SYNC_WRITE ? 'WRITE' : ''];
  return names.filter(Boolean).join('|');
}
