import type { FileSubject } from './fake-tree';

/** A fence a test holds: work on a buffer that is not done until `signal()`. */
export class FakeFence {
  #signalled = false;
  readonly #waiting = new Set<() => void>();

  get signalled(): boolean {
    return this.#signalled;
  }

  signal(): void {
    this.#signalled = true;
    for (const wake of [...this.#waiting]) wake();
    this.#waiting.clear();
  }

  /** Calls `wake` once, when signalled; returns how to stop waiting. */
  onSignal(wake: () => void): () => void {
    if (this.#signalled) wake();
    else this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** A sync_file: signalled when all its fences are. */
export class FakeSyncFile implements FileSubject {
  constructor(readonly fences: readonly FakeFence[]) {}

  release(): void {}
}

/** Resolves true when all fences have signalled, false after `timeoutMs`. */
export function waitForFences(fences: readonly FakeFence[], timeoutMs: number): Promise<boolean> {
  const pending = fences.filter((fence) => !fence.signalled);
  if (pending.length === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    let missing = pending.length;
    const stops = pending.map((fence) =>
      fence.onSignal(() => {
        missing -= 1;
        if (missing === 0) finish(true);
      }),
    );
    const timer = setTimeout(() => finish(false), timeoutMs);
    function finish(signalled: boolean): void {
      clearTimeout(timer);
      for (const stop of stops) stop();
      resolve(signalled);
    }
  });
}
