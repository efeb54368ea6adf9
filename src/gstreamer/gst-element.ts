/** An element of a GStreamer pipeline: its properties, checked, and its caps. */
import { InvalidStateError } from '../errors';
import type { GStreamer } from './binding';
import type { GiElement } from './gi';
import { noProperty } from './parse';
import type { GstValue } from './values';

/** Where the element's type is not known. */
export type AnyProperties = Record<string, GstValue>;

export class GstElement<Properties extends object = AnyProperties> {
  readonly #gstreamer: GStreamer;
  readonly #element: GiElement;
  readonly #isDisposed: () => boolean;
  readonly name: string;
  /** `videotestsrc`. */
  readonly factory: string;

  /** Made by {@link GstPipeline.element}. */
  constructor(
    gstreamer: GStreamer,
    element: GiElement,
    { name, factory, isDisposed }: { name: string; factory: string; isDisposed: () => boolean },
  ) {
    this.#gstreamer = gstreamer;
    this.#element = element;
    this.#isDisposed = isDisposed;
    this.name = name;
    this.factory = factory;
  }

  /** The element as node-gtk has it, for what is not here: signals, pads. */
  get gst(): object {
    this.#address();
    return this.#element;
  }

  /** @throws RangeError where there is no such property, with the nearest name. */
  get<Name extends keyof Properties & string>(name: Name): Properties[Name] {
    return this.#checked(name, (address) =>
      this.#gstreamer.addon.getProperty(address, name),
    ) as Properties[Name];
  }

  /**
   * One property, or several. Caps, fractions and structures may be given as GStreamer's text.
   *
   * @throws RangeError where there is no such property, with the nearest name; TypeError where it does not take the
   * value, with what it takes.
   */
  set<Name extends keyof Properties & string>(name: Name, value: Properties[Name]): void;
  set(properties: Partial<Properties>): void;
  set(given: string | Partial<Properties>, value?: unknown): void {
    const entries = typeof given === 'string' ? [[given, value] as const] : Object.entries(given);
    for (const [name, wanted] of entries) {
      this.#checked(name, (address) => this.#gstreamer.addon.setProperty(address, name, wanted));
    }
  }

  propertyNames(): string[] {
    return this.#gstreamer.addon.propertyNames(this.#address());
  }

  /**
   * What a pad has agreed on, as text; undefined before it has.
   *
   * @throws RangeError where there is no such pad, with those that there are.
   */
  caps(pad = 'src'): string | undefined {
    return this.#gstreamer.addon.currentCaps(this.#address(), pad) ?? undefined;
  }

  #address(): number {
    if (this.#isDisposed()) {
      throw new InvalidStateError(`element '${this.name}' belongs to a GstPipeline that is disposed`);
    }
    return this.#gstreamer.addressOf(this.#element);
  }

  #checked<T>(name: string, access: (address: number) => T): T {
    const address = this.#address();
    const known = this.#gstreamer.addon.propertyNames(address);
    if (!known.includes(name)) throw noProperty(this.factory, name, known);
    return access(address);
  }
}
