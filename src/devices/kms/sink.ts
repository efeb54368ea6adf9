/** `kmsSink()`: frames on a KMS display, out of the buffers that they were captured in. */
import type { FrameBuffer } from '../../allocators/buffer-pool';
import type { DmaBuf } from '../../allocators/dma-buf';
import { memoryRequirement } from '../../allocators/memory-requirement';
import { InvalidStateError, isKernelError, type KernelError } from '../../errors';
import type { FrameLoop } from '../../native/frame-loop';
import type { Caps } from '../../pipeline/caps';
import type { FrameLayout } from '../../pipeline/frame-layout';
import { DISPLAY_HOLD } from '../../pipeline/memory-plan';
import type { Screenshot } from '../../pipeline/screenshot';
import type { DisplayAttachment, OpenDisplaySink, SinkStage, StageContext } from '../../pipeline/stage';
import { memoryRegions } from '../memory-regions';
import { adviseDisplay } from './advice';
import { Display } from './display';
import { Framebuffers } from './framebuffers';
import { Modeset } from './modeset';
import { SavedState } from './saved-state';
import { takeScreenshot } from './screenshot';

export interface KmsSinkOptions {
  /** Card by node (`/dev/dri/card1`) or driver (`vc4`); by default the first one with a connected display. */
  card?: string;
  /** Connector by name: `HDMI-A-1`; by default the first connected one. */
  connector?: string;
  /** `1280x720` or `1280x720@60`; by default the smallest mode that the frame fits, the frame's own size first. */
  mode?: string;
  /** A DRM fd that a desktop leased, in place of `card`; the sink owns it. */
  lease?: number;
  /**
   * Attach the writeback connector, so that `pipeline.screenshot()` can read the screen: `true` demands one, `'auto'` takes one
   * where the display has it. Without, by default.
   */
  writeback?: boolean | 'auto';
  /** Stage name; `display` by default. */
  name?: string;
}

/**
 * A display. It needs contiguous memory: its scan-out engine is taken to have no IOMMU. A frame smaller than the mode is
 * centred; what was on the screen before comes back at stop.
 */
export function kmsSink(options: KmsSinkOptions = {}): SinkStage {
  return {
    role: 'sink',
    defaultName: 'display',
    name: options.name,
    open: (context) => new DisplaySink(context, options),
  };
}

/** What is on the display while frames flow. */
interface Attached {
  layout: FrameLayout;
  heap: string | undefined;
  framebuffers: Framebuffers;
  modeset: Modeset;
  before: SavedState;
}

class DisplaySink implements OpenDisplaySink {
  readonly kind = 'display';
  readonly device: string;
  readonly caps: readonly Caps[];
  readonly requirement;
  readonly display: Display;
  readonly #options: KmsSinkOptions;
  #attached: Attached | undefined;

  constructor(context: StageContext, options: KmsSinkOptions) {
    this.#options = options;
    const beside = context.opened.filter((device) => device instanceof DisplaySink);
    this.display = Display.open(
      context.kernel,
      options,
      beside.map((sink) => sink.display),
    );
    const { card, connector } = this.display;
    this.device = `${connector.name} of ${card.driver} (${card.path})`;
    this.caps = displayCaps(this.display);
    this.requirement = {
      memory: memoryRequirement({
        contiguous: true,
        count: DISPLAY_HOLD,
        regions: memoryRegions(context.kernel, card.path),
      }),
      use: `${card.driver} reads it by DMA`,
    };
  }

  get placement(): string | undefined {
    return this.#attached?.modeset.describe();
  }

  tryImport(layout: FrameLayout, planes: readonly DmaBuf[], heap: string): KernelError | undefined {
    try {
      Framebuffers.import(this.display, layout, [{ planes }], heap).remove();
      return undefined;
    } catch (error) {
      if (!isKernelError(error) || isKernelError(error, 'ENODEV')) throw error;
      return error;
    }
  }

  async attach(
    layout: FrameLayout,
    buffers: readonly FrameBuffer[],
    heap: string | undefined,
  ): Promise<DisplayAttachment> {
    const framebuffers = Framebuffers.import(this.display, layout, buffers, heap);
    let modeset: Modeset | undefined;
    try {
      const writeback =
        this.#options.writeback === 'auto' ? this.display.writeback !== undefined : this.#options.writeback;
      modeset = await Modeset.choose(this.display, framebuffers.ids[0] ?? 0, { ...layout, writeback });
      const before = SavedState.save(this.display, modeset.properties);
      this.#attached = { layout, heap, framebuffers, modeset, before };
    } catch (error) {
      modeset?.close();
      framebuffers.remove();
      throw error;
    }
    const { card, crtcId, planeId, fbIdProperty, inFenceProperty } = this.display;
    return {
      config: {
        fd: card.fd,
        crtcId,
        modeset: [...modeset.properties],
        planeId,
        fbIdProperty,
        ...(inFenceProperty !== undefined && { inFenceProperty }),
      },
      framebuffers: [...framebuffers.ids],
    };
  }

  get canScreenshot(): boolean {
    return this.#attached?.modeset.writeback === true;
  }

  async screenshot(loop: FrameLoop, display: number): Promise<Screenshot> {
    if (!this.#attached) throw new InvalidStateError('nothing is on the display: start the pipeline first');
    const { modeset, heap } = this.#attached;
    return takeScreenshot(this.display, modeset, heap, (properties, outFence) =>
      loop.commitOnce(display, properties, outFence),
    );
  }

  advise(error: KernelError): KernelError {
    return adviseDisplay(error, this.display);
  }

  async detach(): Promise<void> {
    const attached = this.#attached;
    if (!attached) return;
    this.#attached = undefined;
    await attached.before.restore();
    attached.modeset.close();
    attached.framebuffers.remove();
  }

  close(): void {
    this.display.close();
  }
}

function displayCaps(display: Display): Caps[] {
  const largest = (side: 'width' | 'height') => Math.max(0, ...display.modes.map((mode) => mode[side]));
  const size = {
    width: { min: 1, max: largest('width'), step: 1 },
    height: { min: 1, max: largest('height'), step: 1 },
  };
  return display.formats.flatMap(({ name, planes }) => {
    const caps: Caps[] = [{ format: name, arrangement: 'one-buffer', ...size }];
    if (planes.length > 1) caps.push({ format: name, arrangement: 'separate-buffers', ...size });
    return caps;
  });
}
