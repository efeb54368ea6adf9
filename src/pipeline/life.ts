/** The state of a pipeline: what it is now, who wants to hear of changes, who waits for one. */
import type { Observable } from 'rxjs';
import { loadRxjs, OnDemandSubject } from './on-demand-subject';

export type PipelineState = 'idle' | 'starting' | 'running' | 'ended' | 'stopping' | 'stopped' | 'failed';

export class Life {
  #state: PipelineState = 'idle';
  readonly #changes = new OnDemandSubject<PipelineState>(() => new (loadRxjs().BehaviorSubject)(this.#state));
  readonly #waiters = new Set<() => void>();

  get state(): PipelineState {
    return this.#state;
  }

  /** The state now and every change of it. */
  get changes(): Observable<PipelineState> {
    return this.#changes.observable;
  }

  enter(state: PipelineState): void {
    this.#state = state;
    this.#changes.next(state);
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves when the state is one that fits, at once where it is. */
  when(fits: (state: PipelineState) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!fits(this.#state)) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
      look();
    });
  }
}
