/** From the text of gst-launch to a pipeline of node-gtk's, with errors that help. */
import { UnsupportedError } from '../errors';
import { nearNames } from '../formats/near-names';
import type { GStreamer } from './binding';
import { debianPackageOf } from './debian-packages';
import type { GiBin, GiElement } from './gi';

/**
 * @throws RangeError for an element or a property that does not exist, with the names nearest to it; UnsupportedError
 * for an element of a plugin that is not installed, with its package; TypeError for what cannot be parsed or linked.
 */
export function parsePipeline(gstreamer: GStreamer, description: string): GiBin {
  const { Gst } = gstreamer;
  const context = Gst.ParseContext.new();
  let parsed: GiElement | null;
  try {
    parsed = Gst.parseLaunchFull(description, context, Gst.ParseFlags.FATAL_ERRORS);
  } catch (cause) {
    throw explain(gstreamer, description, context.getMissingElements() ?? [], cause);
  }
  if (!parsed) throw new TypeError(`'${description}' describes no GStreamer pipeline`);
  return gstreamer.addon.isPipeline(gstreamer.addressOf(parsed)) ? (parsed as GiBin) : wrapped(Gst, parsed);
}

/** A description of one element gives that element. */
function wrapped(Gst: GStreamer['Gst'], element: GiElement): GiBin {
  const pipeline = Gst.Pipeline.new(null);
  pipeline.add(element);
  return pipeline;
}

function explain(
  gstreamer: GStreamer,
  description: string,
  missing: readonly string[],
  cause: unknown,
): Error {
  // GStreamer also lists elements that are there, where it fails at their properties.
  const names = new Set(gstreamer.addon.elementNames());
  const element = missing.find((name) => !names.has(name));
  if (element !== undefined) return noElement(gstreamer, element, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  const [, property, owner] = /no property "(.*)" in element "(.*)"/.exec(reason) ?? [];
  if (property !== undefined && owner !== undefined) {
    return noProperty(owner, property, propertiesOf(gstreamer, owner), cause);
  }
  return new TypeError(`GStreamer cannot make '${description}': ${reason}`, { cause });
}

/** The plugin is not installed, or the name is wrong. */
export function noElement({ addon }: GStreamer, element: string, cause?: unknown): Error {
  const debianPackage = debianPackageOf(element);
  if (debianPackage) {
    return new UnsupportedError(
      `GStreamer has no element '${element}': on Debian and Ubuntu it is in the package ${debianPackage} (apt-get install ${debianPackage})`,
      { cause },
    );
  }
  return new RangeError(`GStreamer has no element '${element}'${suggest(element, addon.elementNames())}`, {
    cause,
  });
}

export function noProperty(
  owner: string,
  property: string,
  known: readonly string[],
  cause?: unknown,
): RangeError {
  return new RangeError(
    `GStreamer element '${owner}' has no property '${property}'${suggest(property, known)}`,
    {
      cause,
    },
  );
}

/** Empty where nothing is known. */
export function suggest(unknown: string, known: readonly string[]): string {
  const [nearest] = nearNames(unknown, known, 1);
  return nearest === undefined ? '' : `; did you mean '${nearest}'?`;
}

function propertiesOf({ Gst, addon, addressOf }: GStreamer, factory: string): string[] {
  const element = Gst.ElementFactory.make(factory, null);
  return element ? addon.propertyNames(addressOf(element)) : [];
}
