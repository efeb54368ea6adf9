/**
 * Reading a display's picture back through its writeback connector (drivers/gpu/drm/drm_writeback.c). The
 * connector is attached by the modeset; a commit with these properties then makes the hardware write one
 * frame into the target, once. The target is complete when the out-fence has signalled, and until then no
 * other commit may be made on the CRTC.
 */
import { UnsupportedError } from '../../errors';
import { formatFromDrmFourcc, type PixelFormat } from '../../formats/pixel-formats';
import type { KmsPropertyValue } from '../../native/kms';
import type { Display, WritebackConnector } from './display';
import { addFramebuffer, type PictureLayout, type PictureMemory, removeFramebuffer } from './framebuffer';
import type { Modeset } from './modeset';

export class Writeback implements Disposable {
  /** For one commit: the kernel forgets them after it. */
  readonly properties: readonly KmsPropertyValue[];
  /** Takes the pointer for the sync_file that signals when the target is complete. */
  readonly outFence: { objectId: number; propertyId: number };
  readonly #display: Display;
  readonly #framebuffer: number;
  #removed = false;

  private constructor(display: Display, connector: WritebackConnector, framebuffer: number) {
    this.#display = display;
    this.#framebuffer = framebuffer;
    this.properties = [connector.properties.set('WRITEBACK_FB_ID', framebuffer)];
    this.outFence = {
      objectId: connector.id,
      propertyId: connector.properties.id('WRITEBACK_OUT_FENCE_PTR'),
    };
  }

  /**
   * The format to read back in: the first in dmaflow's order that the connector writes and dmaflow knows
   * (XRGB8888 where it can be).
   */
  static format(display: Display): PixelFormat {
    const formats = requireWriteback(display).fourccs.flatMap((fourcc) => formatFromDrmFourcc(fourcc) ?? []);
    const best = formats.sort((a, b) => a.rank - b.rank)[0];
    if (!best)
      throw new UnsupportedError(
        `The writeback connector of ${display.name} writes no format that dmaflow knows.`,
      );
    return best;
  }

  /**
   * Makes a target known to the card.
   * @param modeset the one on the screen, with `writeback`.
   * @param target memory of exactly the mode's size, borrowed until `remove`; contiguous where the card's
   * frames are.
   * @throws RangeError for a target of another size (hardware would scale it or refuse); UnsupportedError
   * where no writeback connector is attached; KernelError with advice where the card refuses the memory.
   */
  static prepare(
    display: Display,
    modeset: Modeset,
    layout: PictureLayout,
    target: PictureMemory,
  ): Writeback {
    const connector = requireWriteback(display);
    if (!modeset.writeback) {
      throw new UnsupportedError(
        `The writeback connector of ${display.name} is not attached: ask for it when the mode is set.`,
      );
    }
    const { width, height } = modeset.mode;
    if (layout.width !== width || layout.height !== height) {
      throw new RangeError(
        `expected a writeback target of ${width}x${height}, got ${layout.width}x${layout.height}`,
      );
    }
    return new Writeback(display, connector, addFramebuffer(display.card, layout, target));
  }

  /** Lets the target go, once its fence has signalled. Idempotent. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    removeFramebuffer(this.#display.card, this.#framebuffer);
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

function requireWriteback(display: Display): WritebackConnector {
  if (display.writeback) return display.writeback;
  throw new UnsupportedError(
    `${display.name} has no writeback connector: what it shows cannot be read back. ` +
      'Choose a display that has one (vkms has).',
  );
}
