/**
 * Framebuffers: dma-bufs made known to a card as pictures. GEM handles are not reference-counted, and importing a
 * dma-buf twice gives the same handle, so handles live only within `addFramebuffer`: the framebuffer keeps the memory.
 */
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import type { ColorPlaneLayout } from '../../formats/plane-layout';
import { type PixelFormatName, pixelFormat } from '../../formats/pixel-formats';
import type { Card } from './card';
import type { Display } from './display';
import { DRM_FORMAT_MOD_LINEAR } from './plane-formats';

/** A picture in memory. */
export interface PictureLayout {
  format: PixelFormatName;
  /** Pixels. */
  width: number;
  height: number;
  /** By colour plane: which memory plane, and bytes. */
  planes: readonly Pick<ColorPlaneLayout, 'memory' | 'offset' | 'stride'>[];
}

/** The memory of one picture: a dma-buf for each memory plane, borrowed. */
export interface PictureMemory {
  planes: readonly { readonly fd: number }[];
}

/** The framebuffers of a set of buffers. Remove them before the buffers go, and when none is on the screen any more. */
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
   * All buffers or none: what was made is removed where one fails.
   * @param heap the buffers' heap, for the error's advice.
   * @throws UnsupportedError for a format that no display knows; KernelError with advice where the card refuses.
   */
  static import(
    display: Display,
    layout: PictureLayout,
    buffers: readonly PictureMemory[],
    heap?: string,
  ): Framebuffers {
    const { card, planeFormats } = display;
    const listed = planeFormats.modifiers(drmFourcc(layout))?.includes(DRM_FORMAT_MOD_LINEAR) ?? false;
    const modifier = card.modifiers && listed ? DRM_FORMAT_MOD_LINEAR : undefined;
    const framebuffers = new Framebuffers(card, []);
    const ids: number[] = [];
    try {
      for (const buffer of buffers) ids.push(addFramebuffer(card, layout, buffer, { modifier, heap }));
    } catch (error) {
      new Framebuffers(card, ids).remove();
      throw error;
    }
    return Object.assign(framebuffers, { ids });
  }

  /** RmFB; one that is still on the screen is taken off it by the kernel. Idempotent. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    for (const id of this.ids) removeFramebuffer(this.#card, id);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
