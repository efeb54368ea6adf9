import { InvalidStateError, isKernelError, type KernelError } from '../errors';
import type * as loop from '../native/frame-loop';
import type { KmsKernel, KmsPropertyValue } from '../native/kms';
import { type CaptureKernel, LoopCapture } from './loop-capture';
import { type DisplayKernel, LoopDisplay } from './loop-display';
import { LoopPool } from './loop-pool';
import { FrameReference, type LoopQueue } from './loop-queue';
import { LoopTap } from './loop-tap';

const FLIP_WAIT_MS = 1000;

/** What the loop needs of the fake kernel. */
export interface LoopKernel extends CaptureKernel, DisplayKernel, Pick<KmsKernel, 'kmsReadEvents'> {
  dup(fd: number): number;
  /** epoll: calls `wake` when the fd may have something; returns how to stop that. */
  watch(fd: number, wake: () => void): () => void;
}

/**
 * The frame loop over fake devices. It has no thread: it runs when a fake device has something, and calls its listener
 * on a turn of its own, as the native one does.
 */
export class FakeFrameLoop implements loop.FrameLoop {
  #state: 'set-up' | 'running' | 'stopping' | 'stopped' = 'set-up';
  /** Captures and pools, by id. */
  readonly #queues: LoopQueue[] = [];
  readonly #displays: LoopDisplay[] = [];
  readonly #taps: LoopTap[] = [];
  readonly #links = new Map<LoopQueue, Set<LoopDisplay>>();
  readonly #watches: (() => void)[] = [];
  readonly #reported = new Set<LoopQueue | LoopDisplay>();
  #mail: (() => void)[] = [];
  #endReported = false;
  #turning = false;
  #again = false;
  #stopped: Promise<void> | undefined;
  #onSettled: (() => void) | undefined;

  constructor(
    private readonly kernel: LoopKernel,
    private readonly listener: loop.FrameLoopListener,
  ) {}

  addCapture(config: loop.CaptureConfig): number {
    this.#requireSetUp('addCapture');
    return this.#addQueue(new LoopCapture(this.#queues.length, config, this.kernel));
  }

  addPool(config: loop.PoolConfig): number {
    this.#requireSetUp('addPool');
    if (config.buffers < 1) throw new RangeError(`a pool has at least 1 buffer, got ${config.buffers}`);
    const id = this.#queues.length;
    const onFree = () => this.#post(() => this.listener.onFree?.(id));
    return this.#addQueue(new LoopPool(id, config, this.kernel, () => this.#run(), onFree));
  }

  acquire(pool: number): number | undefined {
    return this.#pool(pool).acquire();
  }

  submit(pool: number, index: number, frame: loop.PoolFrame, fence?: number): void {
    this.#pool(pool).submit(index, frame, fence === undefined ? undefined : this.kernel.dup(fence));
  }

  cancel(pool: number, index: number): void {
    this.#pool(pool).cancel(index);
  }

  endPool(pool: number): void {
    this.#pool(pool).end();
  }

  filler(pool: number): loop.NativeFiller {
    return this.#pool(pool).filler();
  }

  addDisplay(config: loop.DisplayConfig): number {
    this.#requireSetUp('addDisplay');
    return (
      this.#displays.push(new LoopDisplay(this.#displays.length, config, this.kernel, () => this.#run())) - 1
    );
  }

  connect(capture: number, display: number, framebuffers: number[]): void {
    this.allowPresent(capture, display, framebuffers);
    this.#links.get(this.#queue(capture))?.add(this.#display(display));
  }

  allowPresent(capture: number, display: number, framebuffers: number[]): void {
    this.#requireSetUp('connect and allowPresent');
    const source = this.#queue(capture);
    const target = this.#display(display);
    if (framebuffers.length !== source.stats.buffers) {
      throw new RangeError(
        `capture ${capture} has ${source.stats.buffers} buffers, got ${framebuffers.length} framebuffers`,
      );
    }
    target.link(source, [...framebuffers]);
  }

  addTap(config: loop.TapConfig): number {
    const queue = this.#queue(config.capture);
    if (config.max < 1) throw new RangeError(`a tap's max must be at least 1, got ${config.max}`);
    if (this.#state === 'stopping' || this.#state === 'stopped') {
      throw new InvalidStateError('addTap: the frame loop was stopped; create a new one');
    }
    const post = (deliver: () => void) => this.#post(deliver);
    return (
      this.#taps.push(
        new LoopTap(this.#taps.length, queue, { ...config }, post, this.listener, () => this.#run()),
      ) - 1
    );
  }

  taker(tap: number): loop.NativeTaker {
    return this.#tap(tap).taker();
  }

  removeTap(tap: number): void {
    this.#tap(tap).close();
    this.#run();
  }

  release(tap: number, capture: number, index: number, fences: readonly number[] = []): void {
    const from = this.#tap(tap);
    const frame = from.held(capture, index);
    if (this.#state === 'running') frame.queue.addFences(index, fences);
    from.release(frame);
    this.#run();
  }

  pass(tap: number, capture: number, index: number, to: number): void {
    this.#tap(tap).held(capture, index);
    const target = this.#tap(to);
    if (target.queue.id !== capture) {
      throw new InvalidStateError(`tap ${to} takes no frames of capture or pool ${capture}`);
    }
    target.offer(index);
    this.#run();
  }

  present(tap: number, capture: number, index: number, display: number, keep: boolean, fence?: number): void {
    const from = this.#tap(tap);
    const frame = from.held(capture, index);
    const target = this.#display(display);
    if (!target.shows(frame.queue)) {
      throw new InvalidStateError(
        `display ${display} has no framebuffers of capture ${capture}: connect or allowPresent comes before start()`,
      );
    }
    if (this.#state === 'running') {
      target.show(frame.queue, index, fence === undefined ? undefined : this.kernel.dup(fence));
    }
    if (!keep) from.release(frame);
    this.#run();
  }

  async start(): Promise<void> {
    this.#requireSetUp('start');
    this.#state = 'running';
    try {
      for (const capture of this.#captures) capture.start();
    } catch (error) {
      this.#finish();
      throw error;
    }
    const fds = new Set([...this.#captures, ...this.#displays].map(({ config }) => config.fd));
    for (const fd of fds) this.#watches.push(this.kernel.watch(fd, () => this.#run()));
    // Pools may have been filled already.
    this.#run();
  }

  commitOnce(
    display: number,
    properties: KmsPropertyValue[],
    outFence?: { objectId: number; propertyId: number },
  ): Promise<void> {
    const target = this.#display(display);
    if (this.#state !== 'running') throw new InvalidStateError('commitOnce: the frame loop does not run');
    const shown = target.commitOnce([...properties], outFence);
    this.#run();
    return shown;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  stats(): loop.FrameLoopStats {
    return {
      captures: this.#queues.map(({ stats }) => ({ ...stats })),
      displays: this.#displays.map(({ stats }) => stats),
      taps: this.#taps.map(({ stats }) => ({ ...stats })),
      realtime: false,
    };
  }

  async #stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      for (const tap of this.#taps) tap.close();
      for (const queue of this.#queues) if (queue instanceof LoopPool) queue.stop();
      for (const display of this.#displays) display.beginStop();
      await this.#flips();
    }
    if (this.#state !== 'stopped') this.#finish();
  }

  /** Resolves when no flip is pending, or after a second. */
  #flips(): Promise<void> {
    if (!this.#displays.some(({ flipPending }) => flipPending)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#onSettled?.(), FLIP_WAIT_MS);
      this.#onSettled = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #finish(): void {
    this.#state = 'stopped';
    this.#mail = [];
    for (const unwatch of this.#watches.splice(0)) unwatch();
    for (const queue of this.#queues) queue.stop();
    for (const display of this.#displays) {
      display.beginStop();
      display.end();
    }
    for (const tap of this.#taps) tap.close();
  }

  /** One round, and another one where a device had something more meanwhile. */
  #run(): void {
    this.#again = true;
    if (this.#turning) return;
    this.#turning = true;
    while (this.#again) {
      this.#again = false;
      this.#turn();
    }
    this.#turning = false;
  }

  /** Flips first, since they free buffers, then frames, then commits. */
  #turn(): void {
    if (this.#state !== 'running' && this.#state !== 'stopping') return;
    for (const fd of new Set(this.#displays.map(({ config }) => config.fd))) this.#readFlips(fd);
    if (this.#state === 'running') {
      for (const queue of this.#queues) this.#take(queue);
      for (const display of this.#displays) display.advance();
      for (const tap of this.#taps) this.#reportEndOf(tap);
      this.#reportFailures();
      this.#reportEnd();
    } else if (!this.#displays.some(({ flipPending }) => flipPending)) {
      this.#onSettled?.();
    }
  }

  #readFlips(fd: number): void {
    try {
      for (const event of this.kernel.kmsReadEvents(fd))
        this.#displays.some((display) => display.flipped(event));
    } catch (error) {
      if (!isKernelError(error)) throw error;
      for (const display of this.#displays) if (display.config.fd === fd) display.fail(error);
    }
  }

  #take(queue: LoopQueue): void {
    if (queue instanceof LoopCapture) this.#dequeue(queue);
    if (!(queue instanceof LoopPool)) return;
    for (let index = queue.next(); index !== undefined; index = queue.next()) this.#distribute(queue, index);
  }

  #dequeue(capture: LoopCapture): void {
    for (let round = 0; round < capture.stats.buffers && !capture.ended; round++) {
      const taken = capture.dequeue();
      if (taken === 'none') return;
      if (taken === 'errored') continue;
      this.#distribute(capture, taken.index);
    }
  }

  #distribute(queue: LoopQueue, index: number): void {
    // Keeps the frame until all have had their chance, and gives the buffer back where nobody took it.
    const frame = new FrameReference(queue, index, 'display');
    for (const display of this.#links.get(queue) ?? []) display.show(queue, index);
    for (const tap of this.#taps) if (tap.queue === queue && !tap.passed) tap.offer(index);
    frame.drop();
  }

  #reportEndOf(tap: LoopTap): void {
    // What others still have they may pass on.
    const mayPass = (other: LoopTap) => other.queue === tap.queue && other.working;
    if (!tap.passed || !this.#taps.some(mayPass)) tap.reportEnd();
  }

  #reportFailures(): void {
    const report = (
      source: loop.LoopError['source'],
      device: { id: number; failure: KernelError | undefined },
    ) => {
      const { id, failure } = device;
      if (!failure) return;
      this.#post(() =>
        this.listener.onError({ source, id, errno: -failure.errno, syscall: failure.syscall }),
      );
    };
    for (const device of [...this.#queues, ...this.#displays]) {
      if (!device.failure || this.#reported.has(device)) continue;
      this.#reported.add(device);
      report(device instanceof LoopDisplay ? 'display' : device.source, device);
    }
  }

  #reportEnd(): void {
    const limited = this.#queues.filter((queue) => queue.limited);
    const over =
      limited.length > 0 &&
      limited.every((queue) => queue.ended) &&
      this.#taps.every((tap) => !tap.drains) &&
      this.#displays.every((display) => display.settled);
    // Again only after something was shown in between.
    if (over && !this.#endReported) this.#post(() => this.listener.onEnd());
    this.#endReported = over;
  }

  #post(deliver: () => void): void {
    this.#mail.push(deliver);
    if (this.#mail.length === 1) void Promise.resolve().then(() => this.#deliver());
  }

  #deliver(): void {
    const mail = this.#mail;
    this.#mail = [];
    for (const deliver of mail) deliver();
  }

  #requireSetUp(what: string): void {
    if (this.#state === 'set-up') return;
    throw new InvalidStateError(`${what} comes before start(); create a new frame loop to change it`);
  }

  #addQueue(queue: LoopQueue): number {
    this.#links.set(queue, new Set());
    return this.#queues.push(queue) - 1;
  }

  get #captures(): LoopCapture[] {
    return this.#queues.filter((queue) => queue instanceof LoopCapture);
  }

  #queue(id: number): LoopQueue {
    return this.#queues[id] ?? missing('capture or pool', id);
  }

  #pool(id: number): LoopPool {
    const queue = this.#queues[id];
    return queue instanceof LoopPool ? queue : missing('pool', id);
  }

  #display(id: number): LoopDisplay {
    return this.#displays[id] ?? missing('display', id);
  }

  #tap(id: number): LoopTap {
    return this.#taps[id] ?? missing('tap', id);
  }
}

function missing(what: string, id: number): never {
  throw new RangeError(`there is no ${what} ${id}`);
}
