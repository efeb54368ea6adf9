/**
 * Runs one JavaScript stage: one frame at a time, in order. A frame's life here:
 *
 * 1. `push` takes a handle on the lease.
 * 2. The stage's function gets a `Frame` of its own, closed when it (or its promise) ends.
 * 3. The frame goes on to the children, who take their own handles; ours is dropped.
 */
import { StageError } from '../errors';
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
}

export class StageRunner {
  readonly stats: StageRunnerStats = { processed: 0, skipped: 0 };
  readonly #node: GraphNode<TransformStage>;
  readonly #layout: FrameLayout;
  readonly #forward: (lease: FrameLease, metadata: FrameMetadata) => void;
  readonly #fail: (error: Error) => void;
  readonly #waiting: Waiting[] = [];
  #active: Promise<void> | undefined;
  #stopped = false;
  #warned = false;

  constructor(
    node: GraphNode<TransformStage>,
    layout: FrameLayout,
    forward: (lease: FrameLease, metadata: FrameMetadata) => void,
    fail: (error: Error) => void,
  ) {
    this.#node = node;
    this.#layout = layout;
    this.#forward = forward;
    this.#fail = fail;
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

  /** No more frames are started; resolves when the one at work has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { lease } of this.#waiting.splice(0)) lease.drop();
    await this.#active;
  }

  /** Synchronous as long as the function is: a promise costs a turn of the event loop. */
  #run(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { lease, metadata } = next;
      const frame = new Frame(lease, this.#layout, metadata, this.#node.name, this.#node.stage.access);
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
        this.#forward(lease, metadata);
      }
    } catch (cause) {
      failure ??= { cause };
    }
    lease.drop();
    if (failure) this.#fail(new StageError(this.#node.name, failure.cause));
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
