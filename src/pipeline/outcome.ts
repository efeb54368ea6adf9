/**
 * How a run ended, as a promise. A failure that nobody watches rejects unhandled, so that a pipeline cannot die unseen; one that is
 * watched elsewhere is not reported a second time.
 */
export class Outcome<T> {
  readonly #promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;
  #watched = false;

  constructor() {
    this.#promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The promise; whoever takes it watches the outcome. */
  get promise(): Promise<T> {
    this.#watched = true;
    return this.#promise;
  }

  succeed(value: T): void {
    this.#resolve(value);
  }

  /** @param reported whether somebody else was told of the error. */
  fail(error: Error, reported: boolean): void {
    if (reported && !this.#watched) this.#promise.catch(() => undefined);
    this.#reject(error);
  }
}
