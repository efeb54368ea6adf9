/** What goes wrong inside of GStreamer. */
import type { GstErrorMessage } from './messages';

/** An element of a GStreamer pipeline failed; what it says, and where. */
export class GstError extends Error {
  override readonly name = 'GstError';
  /** Name of the element; undefined where GStreamer does not say. */
  readonly element: string | undefined;
  /** With what it is in: `/GstPipeline:pipeline0/GstFileSrc:src`. */
  readonly path: string | undefined;
  /** `gst-resource-error-quark` and the like; undefined where there was no message. */
  readonly domain: string | undefined;
  readonly code: number | undefined;
  /** Where in GStreamer's source, and details. */
  readonly debug: string | undefined;

  constructor(message: string, details: Partial<Omit<GstErrorMessage, 'type' | 'message'>> = {}) {
    super(message);
    this.element = details.element ?? undefined;
    this.path = details.path ?? undefined;
    this.domain = details.domain;
    this.code = details.code;
    this.debug = details.debug ?? undefined;
  }

  /** @param advice what to do next, where that is known. */
  static of(message: GstErrorMessage, advice?: string): GstError {
    const details = message.debug?.split('\n').slice(1).join(' ').trim();
    return new GstError(
      `GStreamer element '${message.element}': ${message.message}${details ? ` ${details}` : ''}${advice ? ` ${advice}` : ''}`,
      message,
    );
  }
}
