import type { CpuAccess } from './cpu-access';
import type { AccessHolder } from './cpu-use';
import type { DmaBuf } from './dma-buf';
import type { CpuAccessMode } from './memory-requirement';

/**
 * One CPU access over several dma-bufs, such as a frame's memory planes: one START and one END for each distinct
 * dma-buf, however many entries share it.
 */
export class CpuAccessGroup implements Disposable {
  readonly mode: CpuAccessMode;
  /** By entry of `buffers`. */
  readonly #entries: readonly CpuAccess[];
  /** Each once. */
  readonly #scopes: readonly CpuAccess[];
  #closed = false;

  /**
   * `holder` is who accesses, for guard mode and its counters. All or none: where one cannot be opened, those that were are closed and the error is thrown.
   */
  constructor(buffers: readonly DmaBuf[], mode: CpuAccessMode, holder?: AccessHolder) {
    this.mode = mode;
    const [first] = buffers;
    if (first && buffers.length === 1) {
      this.#scopes = [first.cpuAccess(mode, holder)];
      this.#entries = this.#scopes;
      return;
    }
    const entries: CpuAccess[] = [];
    const scopes: CpuAccess[] = [];
    try {
      for (const buffer of buffers) {
        const same = entries[buffers.findIndex(({ inode }) => inode === buffer.inode)];
        const scope = same ?? buffer.cpuAccess(mode, holder);
        if (!same) scopes.push(scope);
        entries.push(scope);
      }
    } catch (error) {
      closeAll(scopes);
      throw error;
    }
    this.#scopes = scopes;
    this.#entries = entries;
  }

  /**
   * The bytes of one entry, the whole dma-buf; entries that share a dma-buf share the bytes.
   * @throws InvalidStateError after close.
   */
  bytes(index: number): Uint8Array<ArrayBuffer> {
    const entry = this.#entries[index];
    if (!entry)
      throw new RangeError(`expected a memory plane from 0 to ${this.#entries.length - 1}, got ${index}`);
    return entry.bytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Ends all accesses. Calling it again does nothing.
   * @throws KernelError of the first END that failed; AggregateError where several did. All are closed all the same.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const errors = closeAll(this.#scopes);
    if (errors.length > 1) throw new AggregateError(errors, 'several CPU accesses could not be ended');
    if (errors.length === 1) throw errors[0];
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function closeAll(scopes: readonly CpuAccess[]): unknown[] {
  const errors: unknown[] = [];
  for (const scope of scopes) {
    try {
      scope.close();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
