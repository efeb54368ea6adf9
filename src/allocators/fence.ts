/** A fence as a file (Documentation/driver-api/sync_file.rst): work of a device that is not done yet. */
import { InvalidStateError } from '../errors';
import type { Kernel } from '../native/kernel';
import { forgetLeak, watchForLeak } from './leak-alarm';

export interface WaitOptions {
  /** Milliseconds; no limit by default. */
  timeout?: number;
  signal?: AbortSignal;
}

type FenceKernel = Pick<Kernel, 'close' | 'dup' | 'disown' | 'adopt' | 'syncFileWait'>;

/** The kernel cannot break a wait off: waiting in pieces lets an AbortSignal end it. Milliseconds. */
const WAIT_PIECE = 250;

/** One sync_file, owned; `close()` gives it back, and what it stands for goes on. */
export class Fence implements Disposable {
  readonly #kernel: FenceKernel;
  readonly #handle: { fd: number; closed: boolean };

  private constructor(kernel: FenceKernel, fd: number) {
    const handle = { fd, closed: false };
    this.#kernel = kernel;
    this.#handle = handle;
    watchForLeak(this, {
      describe: () => `fence (sync_file, fd ${fd})`,
      reclaim: () => closeOnce(kernel, handle),
    });
  }

  /** Takes over a sync_file of the kernel's fd table (of an export, of OUT_FENCE_PTR). */
  static adopt(kernel: FenceKernel, fd: number): Fence {
    return new Fence(kernel, fd);
  }

  /** Takes over a sync_file that other code opened: from this call on it is closed here. */
  static fromForeignFd(kernel: FenceKernel, fd: number): Fence {
    kernel.adopt(fd);
    return new Fence(kernel, fd);
  }

  /**
   * Borrowed: valid while the fence is open.
   * @throws InvalidStateError after close.
   */
  get fd(): number {
    if (this.#handle.closed) throw new InvalidStateError('this fence was closed');
    return this.#handle.fd;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** A duplicate of the fd, with O_CLOEXEC, that the caller owns and closes. */
  exportFd(): number {
    const duplicate = this.#kernel.dup(this.fd);
    this.#kernel.disown(duplicate);
    return duplicate;
  }

  /**
   * Resolves true when it has signalled, false after the timeout; the event loop is not blocked.
   * @throws the signal's reason when it aborts.
   */
  async wait(options: WaitOptions = {}): Promise<boolean> {
    const { fd } = this;
    return waitInPieces((milliseconds) => this.#kernel.syncFileWait(fd, milliseconds), options);
  }

  close(): void {
    forgetLeak(this);
    closeOnce(this.#kernel, this.#handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Waits by `wait`, which takes milliseconds and says whether what it waits for is there. */
export async function waitInPieces(
  wait: (milliseconds: number) => Promise<boolean>,
  { timeout = Number.POSITIVE_INFINITY, signal }: WaitOptions,
): Promise<boolean> {
  if (Number.isNaN(timeout) || timeout < 0) {
    throw new RangeError(`expected timeout to be milliseconds of at least 0, got ${timeout}`);
  }
  signal?.throwIfAborted();
  const deadline = performance.now() + timeout;
  for (;;) {
    const left = Math.max(0, deadline - performance.now());
    if (await wait(Math.ceil(Math.min(left, WAIT_PIECE)))) return true;
    signal?.throwIfAborted();
    if (performance.now() >= deadline) return false;
  }
}

function closeOnce(kernel: FenceKernel, handle: { fd: number; closed: boolean }): void {
  if (handle.closed) return;
  handle.closed = true;
  kernel.close(handle.fd);
}
