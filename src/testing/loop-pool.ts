import { errnoNumber, InvalidStateError, KernelError } from '../errors';
import type { NativeFiller, PoolConfig, PoolFrame } from '../native/frame-loop';
import { fillerHandle } from './loop-ends';
import { LoopQueue, type QueueKernel } from './loop-queue';

const FENCE_HUNG_MS = 5000;

interface Submitted {
  index: number;
  frame: PoolFrame;
  fence: number | undefined;
}

/** One pool of the loop: which buffers are free, which are with the filler, which wait with a frame in them. */
export class LoopPool extends LoopQueue {
  override readonly source = 'pool';
  override readonly limited = true;
  readonly #acquired = new Set<number>();
  #free: number[];
  #submitted: Submitted[] = [];
  #wanted = false;
  #listener: (() => void) | undefined;
  #endOfStream = false;
  #stopped = false;

  constructor(
    id: number,
    config: PoolConfig,
    kernel: QueueKernel,
    /** A frame can be taken, or the stream has ended. */
    private readonly onChange: () => void,
    /** A buffer is free that was wanted. */
    private readonly onFree: () => void,
  ) {
    super(id, config.buffers, config.reserve, kernel);
    this.#free = Array.from({ length: config.buffers }, (_, index) => index);
    this.stats.queued = config.buffers;
  }

  override get ended(): boolean {
    return this.#endOfStream && this.#submitted.length === 0;
  }

  acquire(): number | undefined {
    const index = this.#free.shift();
    this.#wanted = index === undefined && !this.#stopped;
    if (index === undefined) return undefined;
    this.#acquired.add(index);
    this.stats.queued -= 1;
    return index;
  }

  submit(index: number, frame: PoolFrame, fence?: number): void {
    this.#takeFromFiller(index);
    if (this.#stopped) {
      if (fence !== undefined) this.kernel.close(fence);
      return;
    }
    this.#submitted.push({ index, frame: { ...frame, bytesUsed: [...frame.bytesUsed] }, fence });
    if (this.#submitted.length === 1) this.#waitForFence();
    this.onChange();
  }

  cancel(index: number): void {
    this.#takeFromFiller(index);
    this.#giveBack(index);
  }

  end(): void {
    this.#endOfStream = true;
    this.onChange();
  }

  filler(): NativeFiller {
    return fillerHandle({
      acquire: () => (this.#stopped ? 'stopped' : this.acquire()),
      submit: (index, frame) => this.submit(index, frame),
      cancel: (index) => this.cancel(index),
      end: () => this.end(),
      setListener: (onFree) => {
        this.#listener = onFree;
      },
    });
  }

  /** The next frame in order. */
  next(): number | undefined {
    const [first] = this.#submitted;
    if (!first || first.fence !== undefined || this.#stopped || this.failure) return undefined;
    this.#submitted.shift();
    this.#waitForFence();
    this.stats.captured += 1;
    this.slot(first.index).info = first.frame;
    return first.index;
  }

  override stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#free = [];
    this.stats.queued = 0;
    for (const { fence } of this.#submitted.splice(0)) if (fence !== undefined) this.kernel.close(fence);
    this.dropFences();
  }

  protected override free(index: number): void {
    if (this.#stopped) return;
    this.#giveBack(index);
    const wanted = this.#wanted;
    this.#wanted = false;
    if (this.#listener) this.#listener();
    else if (wanted) this.onFree();
  }

  #giveBack(index: number): void {
    if (this.#stopped) return;
    this.#free.push(index);
    this.stats.queued += 1;
  }

  #takeFromFiller(index: number): void {
    if (this.#acquired.delete(index)) return;
    throw new InvalidStateError(
      `buffer ${index} of pool ${this.id} is not acquired: it was submitted or cancelled before, or never acquired`,
    );
  }

  /** Of the first frame: those behind it wait with it. */
  #waitForFence(): void {
    const [first] = this.#submitted;
    if (first?.fence === undefined) return;
    const { fence } = first;
    void this.kernel.syncFileWait(fence, FENCE_HUNG_MS).then((signalled) => {
      if (this.#submitted[0] !== first) return;
      if (signalled) {
        this.kernel.close(fence);
        first.fence = undefined;
      } else {
        this.fail(new KernelError('poll', errnoNumber('ETIMEDOUT')));
      }
      this.onChange();
    });
  }
}
