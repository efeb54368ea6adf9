/** The reference that all handles of one frame share. */
import type { DmaBuf } from '../allocators/dma-buf';

export abstract class FrameLease {
  #handles = 0;
  #fenced = false;
  #kept: DmaBuf[] | undefined;
  #memory: (() => readonly DmaBuf[]) | readonly DmaBuf[];

  /** @param memory by memory plane; a function is called when somebody first asks for it. */
  constructor(memory: (() => readonly DmaBuf[]) | readonly DmaBuf[]) {
    this.#memory = memory;
  }

  /** The last handle is closed: the frame goes back to where it came from. */
  protected abstract giveBack(): void;

  /** Handles open now. */
  get handles(): number {
    return this.#handles;
  }

  get memory(): readonly DmaBuf[] {
    if (typeof this.#memory === 'function') this.#memory = this.#memory();
    return this.#memory;
  }

  retain(): this {
    this.#handles++;
    return this;
  }

  drop(): void {
    if (--this.#handles > 0) return;
    this.giveBack();
    if (this.#kept) for (const buffer of this.#kept) buffer.close();
  }

  /** Whether a device still works on the frame when everybody here has let go of it. */
  get fenced(): boolean {
    return this.#fenced;
  }

  /** The buffer goes back to the camera only when the fences that are on its dma-bufs then have signalled. */
  awaitFences(): void {
    this.#fenced = true;
  }

  /** The pool is about to close: hold the memory until the last handle closes. */
  outlivePool(): void {
    this.#kept ??= this.memory.map((buffer) => buffer.clone());
    this.#memory = this.#kept;
  }
}
