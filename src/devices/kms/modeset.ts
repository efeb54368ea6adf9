/**
 * A modeset that the hardware has agreed to. Modes are tried in the order of preference by test commits,
 * which change nothing: whether a driver takes a centred picture, a format, a mode beside other displays is
 * asked, not assumed.
 */
import { isKernelError, type KernelError, UnsupportedError } from '../../errors';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_TEST_ONLY,
  type KmsMode,
  type KmsPropertyValue,
} from '../../native/kms';
import type { Display } from './display';
import { notMaster } from './drm-master';
import { describeMode, type FrameSize, modeCandidates, type Placement, placement } from './mode-choice';
import { modesetProperties, type PictureRequest } from './modeset-properties';

export interface ModesetRequest extends FrameSize, PictureRequest {
  /**
   * Attach the writeback connector, so that a later commit can read the screen by WRITEBACK_FB_ID alone:
   * attaching it to a running CRTC is a modeset of its own.
   */
  writeback?: boolean | undefined;
}

/** A mode that was tried and why it was refused. */
interface Refusal {
  mode: KmsMode;
  error: KernelError;
}

export class Modeset implements Disposable {
  readonly mode: KmsMode;
  readonly placement: Placement;
  /** For the first commit, with DRM_MODE_ATOMIC_ALLOW_MODESET; FB_ID of the plane comes on top. */
  readonly properties: readonly KmsPropertyValue[];
  /** Whether the writeback connector is attached. */
  readonly writeback: boolean;
  readonly #display: Display;
  readonly #blob: number;
  #open = true;

  private constructor(display: Display, mode: KmsMode, request: ModesetRequest) {
    const { card } = display;
    this.mode = mode;
    this.placement = placement(request, mode);
    this.writeback = request.writeback === true;
    this.#display = display;
    this.#blob = card.createBlob(mode.blob);
    try {
      this.properties = modesetProperties(display, this.#blob, this.placement, request, this.writeback);
    } catch (error) {
      card.destroyBlob(this.#blob);
      throw error;
    }
  }

  /**
   * @param framebuffer a framebuffer of the frames to come, for the test commits.
   * @throws NegotiationError where the frame is larger than every mode; UnsupportedError where the driver
   * refuses all modes, where there is no writeback connector to attach, or where another program is DRM
   * master.
   */
  static async choose(display: Display, framebuffer: number, request: ModesetRequest): Promise<Modeset> {
    if (request.writeback && !display.writeback) throw new UnsupportedError(noWriteback(display));
    const refusals: Refusal[] = [];
    for (const mode of modeCandidates(display.modes, request, display.wantedMode)) {
      const modeset = new Modeset(display, mode, request);
      try {
        await modeset.#test(framebuffer);
        return modeset;
      } catch (error) {
        modeset.close();
        if (!isRefusal(error)) throw error;
        refusals.push({ mode, error });
      }
    }
    throw new UnsupportedError(describeRefusals(display, request, refusals), { cause: refusals[0]?.error });
  }

  /** Lets the mode's blob go; the kernel keeps what is committed. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#display.card.destroyBlob(this.#blob);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** `1280x720 at 60 Hz, frame at 320,180` */
  describe(): string {
    const { crtcX, crtcY, crtcWidth, crtcHeight } = this.placement;
    const covers = crtcWidth === this.mode.width && crtcHeight === this.mode.height;
    return (
      describeMode(this.mode) + (covers ? '' : `, frame of ${crtcWidth}x${crtcHeight} at ${crtcX},${crtcY}`)
    );
  }

  async #test(framebuffer: number): Promise<void> {
    const { card, properties } = this.#display;
    try {
      await card.kernel.kmsCommitAsync(card.fd, {
        properties: [...this.properties, properties.plane.set('FB_ID', framebuffer)],
        flags: DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET,
      });
    } catch (error) {
      throw isKernelError(error, 'EACCES', 'EPERM')
        ? notMaster(card.kernel, card.fd, card.path, error)
        : error;
    }
  }
}

/** The driver says no to this mode, but may take another. */
function isRefusal(error: unknown): error is KernelError {
  return isKernelError(error, 'EINVAL', 'ENOSPC', 'ERANGE', 'EBUSY', 'ENOMEM');
}

function describeRefusals(display: Display, request: ModesetRequest, refusals: readonly Refusal[]): string {
  const { width, height, format, writeback } = request;
  const shown = refusals.slice(0, 8).map(({ mode, error }) => `${describeMode(mode)}: ${error.code}`);
  const more = refusals.length > shown.length ? ` and ${refusals.length - shown.length} more` : '';
  return (
    `${display.name} shows no ${format} frame of ${width}x${height}` +
    `${writeback ? ' with its writeback connector attached' : ''}; DRM_IOCTL_MODE_ATOMIC refused ` +
    `${shown.join(', ')}${more}. Ask the camera for a size that is a mode (some displays want the frame to cover ` +
    'the screen), or for another format.'
  );
}

function noWriteback(display: Display): string {
  return (
    `${display.name} has no writeback connector, so what it shows cannot be read back. ` +
    'Choose a display that has one (vkms has), or leave the screenshot out.'
  );
}
