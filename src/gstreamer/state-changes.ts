/**
 * Changes of a pipeline's state as promises. GStreamer answers some at once and others by messages, when every sink has
 * its first buffer; a later change overtakes one that waits for that.
 */
import { InvalidStateError } from '../errors';
import type { StateChangeResult } from './addon';
import { GstError } from './gst-error';
import type { GstState } from './messages';

/** What the changes work on. */
export interface StateTarget {
  /** Does not run on the JavaScript thread. */
  setState(state: GstState): Promise<StateChangeResult>;
  /** Lets all messages of before be heard. */
  deliverMessages(): void;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

interface Change extends Waiter {
  to: GstState;
  /** GStreamer has answered that messages will tell. */
  waiting: boolean;
}

export class StateChanges {
  readonly #target: StateTarget;
  /** Calls of GStreamer, one after the other. */
  #calls: Promise<unknown> = Promise.resolve();
  #change: Change | undefined;
  #seeks: Waiter[] = [];
  #current: GstState = 'null';
  /** Of the last error since the last change was asked for. */
  #error: Error | undefined;

  constructor(target: StateTarget) {
    this.#target = target;
  }

  get current(): GstState {
    return this.#current;
  }

  /** Settles when the state is reached, an element failed, or another change was asked for. */
  change(to: GstState): Promise<void> {
    this.abandon(new InvalidStateError(`the change to '${to}' overtook it`));
    this.#error = undefined;
    return new Promise<void>((resolve, reject) => {
      const change: Change = { to, waiting: false, resolve, reject };
      this.#change = change;
      this.#calls = this.#calls
        .then(() => this.#target.setState(to))
        .then(
          (result) => this.#answered(change, result),
          (error: Error) => this.#settle(change, error),
        );
    });
  }

  /** A change that still waits fails; what GStreamer was asked to do it does. */
  abandon(error: Error): void {
    this.#settle(this.#change, error);
    this.#failSeeks(error);
  }

  /** When the sinks have their buffers again, after a seek. Rejects as {@link change} does. */
  settled(): Promise<void> {
    return new Promise((resolve, reject) => this.#seeks.push({ resolve, reject }));
  }

  /** The message async-done. */
  prerolled(): void {
    for (const { resolve } of this.#seeks.splice(0)) resolve();
  }

  /** On the way of GStreamer's own wishes (another clock); nobody waits for it. */
  repeat(states: readonly GstState[]): void {
    for (const state of states) {
      this.#calls = this.#calls.then(() => this.#target.setState(state)).catch(() => undefined);
    }
  }

  /** The pipeline's own message. */
  reached(state: GstState, pending: GstState | 'none'): void {
    this.#current = state;
    if (pending === 'none' && this.#change?.waiting && this.#change.to === state) this.#settle(this.#change);
  }

  /** An element's error. True where a change fails of it. */
  failed(error: Error): boolean {
    this.#error ??= error;
    this.#failSeeks(error);
    if (!this.#change) return false;
    if (this.#change.waiting) this.#settle(this.#change, error);
    return true;
  }

  #failSeeks(error: Error): void {
    for (const { reject } of this.#seeks.splice(0)) reject(error);
  }

  #answered(change: Change, result: StateChangeResult): void {
    const { to } = change;
    // The reason for a failure is on the bus by now. In NULL the bus is closed.
    if (to !== 'null') this.#target.deliverMessages();
    if (result === 'failure') {
      const error = this.#error ?? new GstError(`the GStreamer pipeline refused to change to '${to}'`);
      this.#settle(change, error);
    } else if (result === 'async') {
      if (this.#error) this.#settle(change, this.#error);
      else if (this.#current === to) this.#settle(change);
      else change.waiting = true;
    } else {
      this.#current = to;
      this.#settle(change);
    }
  }

  #settle(change: Change | undefined, error?: Error): void {
    if (!change || change !== this.#change) return;
    this.#change = undefined;
    if (error) change.reject(error);
    else change.resolve();
  }
}
