/** Steps that were done, and how each is undone. */
export class UndoStack {
  readonly #steps: (() => void | Promise<void>)[] = [];

  push(undo: () => void | Promise<void>): void {
    this.#steps.push(undo);
  }

  /** Takes over what another stack has to undo, as one that was done after everything here. */
  adopt(other: UndoStack): void {
    this.#steps.push(...other.#steps.splice(0));
  }

  /** Undoes in reverse order, all of it; returns the first error. */
  async undoAll(): Promise<unknown> {
    let first: unknown;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        first ??= error;
      }
    }
    return first;
  }
}
