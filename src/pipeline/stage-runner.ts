/**
 * Runs one stage on frames: as many at once as the stage can, passed on in the order in which they came. A frame's life here:
 *
 * 1. `push` takes a handle on the lease.
 * 2. It waits for its turn, and then for the fences of devices that still work on it: opening its bytes will not block.
 * 3. The stage's function gets a `Frame` of its own, closed when it (or its promise) ends.
 * 4. When those before it are done too, it goes on to the children, who take their own handles; ours is dropped.
 */
import { type AccessHolder, accessHolder, type CpuUse, sumOfUse } from '../allocators/cpu-use';
import { StageError } from '../errors';
import { Pace } from '../native/pace';
import { Frame, type FrameLease, type FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import type { GraphNode } from './graph';
import type { CopyReport } from './link-stats';
import type { OpenTransform, TransformStage } from './stage';

interface Waiting {
  lease: FrameLease;
  metadata: FrameMetadata;
}

/** A frame whose turn it is. */
interface Job extends Waiting {
  done: boolean;
  /** What its function, or the end of its CPU access, threw. */
  failure: { cause: unknown } | undefined;
  /** Where it did not end at once. */
  ended: Promise<void> | undefined;
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
  /** Sends a finished frame on; who keeps it takes a handle. */
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
  readonly #waiting: Waiting[] = [];
  readonly #pace: Pace;
  /** In the order in which they came; the first is not done, or is being passed on. */
  readonly #working: Job[] = [];
  readonly #stopping = new AbortController();
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

  /** A frame out of another stage: passed over where it is not due. A tap keeps the stage's pace itself. */
  offer(lease: FrameLease, metadata: FrameMetadata): void {
    if (!this.#pace.due(metadata.timestamp)) {
      this.stats.notDue++;
      return;
    }
    this.#pace.took(metadata.timestamp);
    this.push(lease, metadata);
  }

  push(lease: FrameLease, metadata: FrameMetadata): void {
    if (this.#stopped) return;
    if (this.#node.stage.policy === 'latest' && this.#waiting.length >= this.#node.stage.max) {
      this.#waiting.shift()?.lease.drop();
      this.stats.skipped++;
    }
    this.#waiting.push({ lease: lease.retain(), metadata });
    this.#run();
  }

  /**
   * No more frames are started; resolves when those at work have ended, or after {@link GRACE} where a promise
   * does not settle: its frame then stays readable until it does.
   */
  async stop(): Promise<void> {
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

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Synchronous as long as the function is: a promise costs a turn of the event loop. */
  #run(): void {
    const { concurrency = 1 } = this.#node.stage;
    while (this.#working.length < concurrency) {
      const next = this.#waiting.shift();
      if (!next) break;
      const job: Job = { ...next, done: false, failure: undefined, ended: undefined };
      this.#working.push(job);
      this.#begin(job);
    }
    if (!this.busy) this.#listener.onIdle();
  }

  #begin(job: Job): void {
    const working = attempt(job, () =>
      this.#isReady(job.lease) ? this.#call(job) : this.#callWhenReady(job),
    );
    if (!isPromise(working)) {
      this.#end(job);
      return;
    }
    job.ended = working
      .catch((cause: unknown) => {
        job.failure ??= { cause };
      })
      .then(() => {
        this.#end(job);
        this.#run();
      });
  }

  /** The function gets the frame. Its frame is closed, and its failure noted, when it has ended. */
  #call(job: Job): void | Promise<void> {
    const { lease, metadata } = job;
    const frame = new Frame(lease, this.#layout, metadata, this.#holder, this.#node.stage.access);
    const result = attempt(job, () => this.#transform.process(frame));
    if (isPromise(result)) return this.#settle(result, job, frame);
    this.#close(job, frame);
  }

  async #settle(result: Promise<void>, job: Job, frame: Frame): Promise<void> {
    try {
      await result;
    } catch (cause) {
      job.failure = { cause };
    }
    this.#close(job, frame);
  }

  #close(job: Job, frame: Frame): void {
    this.#warnOfOpenAccess(frame);
    attempt(job, () => frame.close());
  }

  #isReady(lease: FrameLease): boolean {
    const write = this.#node.stage.access !== 'read';
    return lease.memory.every((buffer) => buffer.isReady(write));
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
    while (this.#working[0]?.done) {
      const { lease, metadata, failure } = this.#working[0];
      if (failure) this.#fail(failure.cause);
      else if (!this.#stopped) this.#forward(lease, metadata);
      this.#working.shift();
      lease.drop();
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

/** What `work` gives; the first that is thrown is the job's failure. */
function attempt<T>(job: Job, work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    job.failure ??= { cause };
    return undefined;
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
