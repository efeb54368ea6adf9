/**
 * Runs one stage on frames: as many at once as the stage can, passed on in the order in which they came. A frame's life here:
 *
 * 1. `push` takes over a handle on the lease.
 * 2. It waits for its turn, and then for the fences of devices that still work on it: opening its bytes will not block.
 * 3. The stage's function gets a `Frame` of its own, closed when it (or its promise) ends.
 * 4. When those before it are done too, it goes on, with our handle, to the children.
 *
 * All of it comes once a frame and stage: a function that is not asynchronous costs no promise.
 */
import { type AccessHolder, accessHolder, type CpuUse, sumOfUse } from '../allocators/cpu-use';
import { StageError } from '../errors';
import { Pace } from '../native/pace';
import { Frame, type FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import type { FrameLease } from './frame-lease';
import type { GraphNode } from './graph';
import type { CopyReport } from './link-stats';
import type { OpenTransform, TransformStage } from './stage';

/** A frame that waits for its turn, or whose turn it is. */
class Job {
  done = false;
  /** What its function, or the end of its CPU access, threw. */
  failure: { cause: unknown } | undefined;
  /** Where it did not end at once. */
  ended: Promise<void> | undefined;

  constructor(
    readonly lease: FrameLease,
    readonly metadata: FrameMetadata,
  ) {}

  /** The first one counts. */
  fail(cause: unknown): void {
    this.failure ??= { cause };
  }
}

export interface StageRunnerStats {
  /** Frames that went through the function. */
  processed: number;
  /** Frames that a newer one replaced while they waited in JavaScript. */
  skipped: number;
  /** Frames of a stage before that this one's rate does not ask for. */
  notDue: number;
  /** Frames that had to wait for a fence before the function got them. */
  fenceWaits: number;
}

export interface StageRunnerListener {
  /** Sends a finished frame on, with the runner's handle. */
  forward(lease: FrameLease, metadata: FrameMetadata): void;
  onError(error: Error): void;
  /** Nothing is at work or waits any more. */
  onIdle(): void;
}

/** Milliseconds that a stop waits for a stage at work. */
const GRACE = 2000;

export class StageRunner {
  readonly stats: StageRunnerStats = { processed: 0, skipped: 0, notDue: 0, fenceWaits: 0 };
  readonly #holder: AccessHolder;
  readonly #node: GraphNode<TransformStage>;
  readonly #transform: OpenTransform;
  readonly #layout: FrameLayout;
  readonly #listener: StageRunnerListener;
  readonly #waiting: Job[] = [];
  readonly #pace: Pace;
  /** In the order in which they came; the first is not done, or is being passed on. */
  readonly #working: Job[] = [];
  readonly #stopping = new AbortController();
  /** Of `#stopping`, whose signal is slow to ask for each frame. */
  #stopped = false;
  #warned = false;

  constructor(
    node: GraphNode<TransformStage>,
    transform: OpenTransform,
    layout: FrameLayout,
    listener: StageRunnerListener,
  ) {
    this.#holder = { ...accessHolder(node.name), ...(transform.use && { use: transform.use }) };
    this.#node = node;
    this.#transform = transform;
    this.#layout = layout;
    this.#listener = listener;
    this.#pace = new Pace(node.stage.interval);
  }

  /** What the stage did with the bytes of its frames, in whatever thread. */
  get use(): CpuUse {
    return sumOfUse([this.#holder.use, this.#transform.use ?? accessHolder('').use]);
  }

  /** What it copies out of them into others. */
  get copied(): CopyReport | undefined {
    return this.#transform.copied;
  }

  /** Whether a frame is at work or waits. */
  get busy(): boolean {
    return this.#working.length > 0 || this.#waiting.length > 0;
  }

  /** As `push`, of a frame out of another stage: passed over where it is not due. A tap keeps the stage's pace itself. */
  offer(lease: FrameLease, metadata: FrameMetadata): void {
    if (!this.#pace.due(metadata.timestamp)) {
      this.stats.notDue++;
      lease.drop();
      return;
    }
    this.#pace.took(metadata.timestamp);
    this.push(lease, metadata);
  }

  /** Takes over a handle. */
  push(lease: FrameLease, metadata: FrameMetadata): void {
    if (this.#stopped) {
      lease.drop();
      return;
    }
    if (this.#node.stage.policy === 'latest' && this.#waiting.length >= this.#node.stage.max) {
      this.#waiting.shift()?.lease.drop();
      this.stats.skipped++;
    }
    this.#waiting.push(new Job(lease, metadata));
    this.#run();
  }

  /**
   * No more frames are started; resolves when those at work have ended, or after {@link GRACE} where a promise
   * does not settle: its frame then stays readable until it does.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.abort();
    for (const { lease } of this.#waiting.splice(0)) lease.drop();
    const working = Promise.all(this.#working.map(({ ended }) => ended));
    if (!(await settlesWithin(working, GRACE))) {
      process.emitWarning(
        `stage '${this.#node.name}' still works on a frame ${GRACE} ms after the stop: not waiting for it`,
        {
          code: 'DMAFLOW_STAGE_STUCK',
        },
      );
    }
  }

  #run(): void {
    const { concurrency = 1 } = this.#node.stage;
    while (this.#working.length < concurrency) {
      const job = this.#waiting.shift();
      if (!job) break;
      this.#working.push(job);
      this.#begin(job);
    }
    if (!this.busy) this.#listener.onIdle();
  }

  /** Synchronous as long as the function is: a promise costs a turn of the event loop. */
  #begin(job: Job): void {
    let working: Promise<void> | undefined;
    try {
      working = this.#isReady(job.lease) ? this.#call(job) : this.#callWhenReady(job);
    } catch (cause) {
      job.fail(cause);
    }
    if (!working) {
      this.#end(job);
      return;
    }
    job.ended = working
      .catch((cause: unknown) => job.fail(cause))
      .then(() => {
        this.#end(job);
        this.#run();
      });
  }

  /** The function gets the frame. Its frame is closed, and its failure noted, when it has ended. */
  #call(job: Job): Promise<void> | undefined {
    const frame = new Frame(job.lease, this.#layout, job.metadata, this.#holder, this.#node.stage.access);
    try {
      const result = this.#transform.process(frame);
      if (isPromise(result)) return this.#settle(result, job, frame);
    } catch (cause) {
      job.fail(cause);
    }
    this.#close(job, frame);
    return undefined;
  }

  async #settle(result: Promise<void>, job: Job, frame: Frame): Promise<void> {
    try {
      await result;
    } catch (cause) {
      job.fail(cause);
    }
    this.#close(job, frame);
  }

  #close(job: Job, frame: Frame): void {
    this.#warnOfOpenAccess(frame);
    try {
      frame.close();
    } catch (cause) {
      job.fail(cause);
    }
  }

  #isReady(lease: FrameLease): boolean {
    const write = this.#node.stage.access !== 'read';
    for (const buffer of lease.memory) if (!buffer.isReady(write)) return false;
    return true;
  }

  async #callWhenReady(job: Job): Promise<void> {
    this.stats.fenceWaits++;
    const { signal } = this.#stopping;
    const write = this.#node.stage.access !== 'read';
    try {
      for (const buffer of job.lease.memory) await buffer.ready(write, { signal });
    } catch (error) {
      if (this.#stopped) return;
      throw error;
    }
    if (!this.#stopped) await this.#call(job);
  }

  /** Passes on what is done, up to the first that is not. */
  #end(job: Job): void {
    job.done = true;
    for (let first = this.#working[0]; first?.done; first = this.#working[0]) {
      const { lease, metadata, failure } = first;
      if (failure) this.#fail(failure.cause);
      if (failure || this.#stopped) lease.drop();
      else this.#forward(lease, metadata);
      this.#working.shift();
    }
  }

  #forward(lease: FrameLease, metadata: FrameMetadata): void {
    this.stats.processed++;
    try {
      this.#listener.forward(lease, metadata);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    const error = cause instanceof StageError ? cause : new StageError(this.#node.name, cause);
    this.#listener.onError(error);
  }

  #warnOfOpenAccess(frame: Frame): void {
    if (!frame.accessOpen || this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `stage '${this.#node.name}' ended with its CPU access open; it was closed. Write 'using px = frame.cpuAccess()'.`,
      { code: 'DMAFLOW_ACCESS_LEFT_OPEN' },
    );
  }
}

function isPromise(value: unknown): value is Promise<void> {
  return typeof (value as Promise<void> | undefined)?.then === 'function';
}

async function settlesWithin(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const settled = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
