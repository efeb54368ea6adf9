/** Statistics at intervals, for those who look: without them there is no timer that wakes the JavaScript thread. */
import type { Observable } from 'rxjs';
import { OnDemandSubject } from './on-demand-subject';
import { type PipelineStats, sinceLast } from './stats';

export class StatsReports {
  readonly #subject = new OnDemandSubject<PipelineStats>();
  readonly #interval: number;
  #read: (() => PipelineStats) | undefined;
  #previous: PipelineStats | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval milliseconds */
  constructor(interval: number) {
    this.#interval = interval;
  }

  get observable(): Observable<PipelineStats> {
    const { observable } = this.#subject;
    this.#startTimer();
    return observable;
  }

  /** From now on there are statistics to read. */
  begin(read: () => PipelineStats): void {
    this.#read = read;
    this.#previous = undefined;
    if (this.#subject.wanted) this.#startTimer();
  }

  /** They no longer change. */
  pause(): void {
    this.#read = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The last ones. */
  report(stats: PipelineStats): void {
    this.#subject.next(stats);
  }

  #startTimer(): void {
    if (!this.#read || this.#timer) return;
    this.#timer = setInterval(() => this.#tick(), this.#interval);
  }

  #tick(): void {
    if (!this.#read) return;
    const current = this.#read();
    this.#subject.next(sinceLast(this.#previous, current));
    this.#previous = current;
  }
}
