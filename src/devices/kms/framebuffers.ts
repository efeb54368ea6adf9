/** The framebuffers of a set of buffers, for one display. */
import type { Card } from './card';
import type { Display } from './display';
import {
  addFramebuffer,
  displayFourcc,
  type PictureLayout,
  type PictureMemory,
  removeFramebuffer,
} from './framebuffer';
import { DRM_FORMAT_MOD_LINEAR } from './plane-formats';

/** Remove them before the buffers go, and when none is on the screen any more. */
export class Framebuffers implements Disposable {
  /** By buffer. */
  readonly ids: readonly number[];
  readonly #card: Card;
  #removed = false;

  private constructor(card: Card, ids: readonly number[]) {
    this.#card = card;
    this.ids = ids;
  }

  /**
   * All buffers or none: what was made is removed where one fails. Frames are linear in memory; that is said
   * to the card where its plane lists LINEAR, and left to the driver elsewhere.
   * @param heap the buffers' heap, for the error's advice.
   * @throws UnsupportedError for a format that no display knows; KernelError with advice where the card
   * refuses.
   */
  static import(
    display: Pick<Display, 'card' | 'planeFormats' | 'formats'>,
    layout: PictureLayout,
    buffers: readonly PictureMemory[],
    heap?: string,
  ): Framebuffers {
    const { card, planeFormats } = display;
    const listed =
      planeFormats.modifiers(displayFourcc(layout.format))?.includes(DRM_FORMAT_MOD_LINEAR) ?? false;
    const modifier = card.modifiers && listed ? DRM_FORMAT_MOD_LINEAR : undefined;
    const options = { modifier, heap, formats: display.formats.map(({ name }) => name) };
    const ids: number[] = [];
    try {
      for (const buffer of buffers) ids.push(addFramebuffer(card, layout, buffer, options));
    } catch (error) {
      for (const id of ids) removeFramebuffer(card, id);
      throw error;
    }
    return new Framebuffers(card, ids);
  }

  /** RmFB of each. Idempotent. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    for (const id of this.ids) removeFramebuffer(this.#card, id);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
