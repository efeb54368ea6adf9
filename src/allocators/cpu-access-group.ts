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
  readonly #scopes: readonly CpuAccess[];

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
    const byInode = new Map<number, CpuAccess>();
    try {
      for (const buffer of buffers) {
        if (!byInode.has(buffer.inode)) byInode.set(buffer.inode, buffer.cpuAccess(mode, holder));
      }
    } catch (error) {
      closeAll([...byInode.values()]);
      throw error;
    }
    this.#scopes = [...byInode.values()];
    this.#entries = buffers.map(({ inode }) => byInode.get(inode) as CpuAccess);
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
    return this.#scopes.every(({ closed }) => closed);
  }

  /**
   * Ends all accesses. Calling it again does nothing.
   * @throws KernelError of the first END that failed; AggregateError where several did. All are closed all the same.
   */
  close(): void {
    const errors = closeAll(this.#scopes);
    if (errors.length > 1) throw new AggregateError(errors, 'several CPU accesses could not be ended');
    if (errors.length === 1) throw errors[0];
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function closeAll(scopes: readonly CpuAccess[]): unknown[] {
  return scopes.flatMap((scope) => {
    try {
      scope.close();
      return [];
    } catch (error) {
      return [error];
    }
  });
}
