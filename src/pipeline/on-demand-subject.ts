/**
 * Subjects that come into being when somebody looks at them: a program that runs pipelines without observing them does not wait for
 * the loading of rxjs.
 */
import type { Observable, Subject } from 'rxjs';

/** rxjs, loaded the first time. */
export function loadRxjs(): typeof import('./rxjs') {
  return require('./rxjs');
}

export class OnDemandSubject<T> {
  #subject: Subject<T> | undefined;
  readonly #make: () => Subject<T>;

  /** @param make a plain Subject where left out. */
  constructor(make: () => Subject<T> = () => new (loadRxjs().Subject)()) {
    this.#make = make;
  }

  get observable(): Observable<T> {
    this.#subject ??= this.#make();
    return this.#subject.asObservable();
  }

  /** Whether somebody ever asked for it. */
  get wanted(): boolean {
    return this.#subject !== undefined;
  }

  get observed(): boolean {
    return this.#subject?.observed === true;
  }

  next(value: T): void {
    this.#subject?.next(value);
  }
}
