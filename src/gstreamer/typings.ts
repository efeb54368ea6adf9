/** TypeScript typings of elements' properties, written from what GStreamer says of them (`dmaflow gst-types`). */
import type { PropertyDescription } from './addon';
import { loadGStreamer } from './binding';
import { noElement } from './parse';

/** Of every element and object: of no use to a program, or not plain values. */
const INTERNAL = new Set(['name', 'parent']);
const NUMBERS = new Set(['gint', 'guint', 'gfloat', 'gdouble']);
const LONG_NUMBERS = new Set(['gint64', 'guint64', 'glong', 'gulong']);

/**
 * The declarations of an interface, one member for each element.
 *
 * @throws RangeError or UnsupportedError for an element that does not exist.
 */
export function elementTypings(elements: readonly string[]): string {
  return elements.map((element) => `  ${quoted(element)}: {\n${members(element)}  };\n`).join('');
}

function members(factory: string): string {
  const gstreamer = loadGStreamer();
  const element = gstreamer.Gst.ElementFactory.make(factory, null);
  if (!element) throw noElement(gstreamer, factory);
  return gstreamer.addon
    .describeProperties(gstreamer.addressOf(element))
    .filter(({ name }) => !INTERNAL.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((property) => {
      const readonly = property.writable ? '' : 'readonly ';
      return `    ${readonly}${quoted(property.name)}: ${typeOf(property)};\n`;
    })
    .join('');
}

function typeOf({ type, valueType, values }: PropertyDescription): string {
  if (type === 'gboolean') return 'boolean';
  if (NUMBERS.has(type)) return 'number';
  if (LONG_NUMBERS.has(type)) return 'number | bigint';
  if (type === 'GEnum') return values.map((value) => `'${value}'`).join(' | ');
  if (type === 'GFlags') return 'string';
  if (type === 'gchararray') return 'string | null';
  if (valueType === 'GstFraction') return 'GstFraction | string';
  if (valueType === 'GstCaps') return 'string | null';
  return 'GstValue';
}

function quoted(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}
