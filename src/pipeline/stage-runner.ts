/**
 * Runs one JavaScript stage: one frame at a time, in order. A frame's life here:
 *
 * 1. `push` takes a handle on the lease.
 * 2. The stage's function gets a `Frame` of its own, closed when it (or its promise) ends.
 * 3. The frame goes on to the children, who take their own handles; ours is dropped.
 */
import { type AccessHolder, accessHolder } from '../allocators/cpu-use';
import { StageError } from '../errors';
import { Pace } from '../native/pace';
import { Frame, type FrameLease, type FrameMetadata } from './frame';
import type { FrameLayout } from './frame-layout';
import type { GraphNode } from './graph';
import type { TransformStage } from './stage';

interface Waiting {
  lease: FrameLease;
  metadata: FrameMetadata;
}

export interface StageRunnerStats {
  /** Frames that went through the function. */
  processed: number;
  /** Frames that a newer one replaced while they waited in JavaScript. */
  skipped: number;
  /** Frames of a stage before that this one's rate does not ask for. */
  notDue: number;
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
  readonly stats: StageRunnerStats = { processed: 0, skipped: 0, notDue: 0 };
  /** What the stage does with the bytes of its frames. */
  readonly holder: AccessHolder;
  readonly #node: GraphNode<TransformStage>;
  readonly #layout: FrameLayout;
  readonly #listener: StageRunnerListener;
  readonly #waiting: Waiting[] = [];
  readonly #pace: Pace;
  #active: Promise<void> | undefined;
  #stopped = false;
  #warned = false;

  constructor(node: GraphNode<TransformStage>, layout: FrameLayout, listener: StageRunnerListener) {
    this.holder = accessHolder(node.name);
    this.#node = node;
    this.#layout = layout;
    this.#listener = listener;
    this.#pace = new Pace(node.stage.interval);
  }

  /** Whether a frame is at work or waits. */
  get busy(): boolean {
    return this.#active !== undefined || this.#waiting.length > 0;
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
    if (!this.#active) this.#run();
  }

  /**
   * No more frames are started; resolves when the one at work has ended, or after {@link GRACE} where its promise
   * does not settle: its frame then stays readable until it does.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { lease } of this.#waiting.splice(0)) lease.drop();
    if (this.#active && !(await settlesWithin(this.#active, GRACE))) {
      process.emitWarning(
        `stage '${this.#node.name}' still works on a frame ${GRACE} ms after the stop: not waiting for it`,
        {
          code: 'DMAFLOW_STAGE_STUCK',
        },
      );
    }
  }

  /** Synchronous as long as the function is: a promise costs a turn of the event loop. */
  #run(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { lease, metadata } = next;
      const frame = new Frame(lease, this.#layout, metadata, this.holder, this.#node.stage.access);
      let result: void | Promise<void>;
      try {
        result = this.#node.stage.process(frame);
      } catch (cause) {
        this.#finish(frame, lease, metadata, { cause });
        continue;
      }
      if (isPromise(result)) {
        this.#active = this.#settle(result, frame, lease, metadata);
        return;
      }
      this.#finish(frame, lease, metadata);
    }
    this.#listener.onIdle();
  }

  async #settle(
    result: Promise<void>,
    frame: Frame,
    lease: FrameLease,
    metadata: FrameMetadata,
  ): Promise<void> {
    let failure: { cause: unknown } | undefined;
    try {
      await result;
    } catch (cause) {
      failure = { cause };
    }
    this.#finish(frame, lease, metadata, failure);
    this.#active = undefined;
    this.#run();
  }

  #finish(frame: Frame, lease: FrameLease, metadata: FrameMetadata, thrown?: { cause: unknown }): void {
    let failure = thrown;
    this.#warnOfOpenAccess(frame);
    try {
      frame.close();
      if (!failure && !this.#stopped) {
        this.stats.processed++;
        this.#listener.forward(lease, metadata);
      }
    } catch (cause) {
      failure ??= { cause };
    }
    lease.drop();
    if (failure) this.#listener.onError(new StageError(this.#node.name, failure.cause));
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

async function settlesWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const settled = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return settled;
}
