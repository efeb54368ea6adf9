/**
 * Format negotiation: pure. One producer and all its consumers (a tee and stages that work in place add consumers)
 * agree on one format and size.
 */
import { NegotiationError } from '../errors';
import { type PixelFormatName, pixelFormat } from '../formats/pixel-formats';
import { type Caps, contains, describeCaps, nearest, type VideoFormat } from './caps';

export interface PortOffer {
  /** Stage name, for messages. */
  name: string;
  /** Alternatives; undefined takes anything. */
  caps: readonly Caps[] | undefined;
}

/** What the user asked for; what is left out is free. */
export interface FormatWish {
  format?: PixelFormatName;
  arrangement?: VideoFormat['arrangement'];
  width?: number;
  height?: number;
}

/** The wish in a stage's options: what was stated. */
export function wishOf({
  format,
  arrangement,
  width,
  height,
}: { [Key in keyof FormatWish]: FormatWish[Key] | undefined }): FormatWish {
  return Object.fromEntries(
    Object.entries({ format, arrangement, width, height }).filter(([, value]) => value !== undefined),
  );
}

/** The size that is aimed at where the user names none. */
const DEFAULT_SIZE = { width: 1280, height: 720 };

/**
 * Picks the format by the table's preference, then the size nearest to the wish; a wish that is stated is binding.
 * Throws {@link NegotiationError} with both sides' caps and the field that clashed.
 */
export function negotiateFormat(
  producer: PortOffer,
  consumers: readonly PortOffer[],
  wish: FormatWish = {},
): VideoFormat {
  const offered = producer.caps ?? [];
  const wanted = offered.filter((caps) => matchesWish(caps, wish));
  if (wanted.length === 0) throw notOffered(producer, wish);

  const candidates: VideoFormat[] = [];
  for (const caps of wanted) {
    const size = commonSize(caps, consumers, wish);
    if (size) candidates.push({ format: caps.format, arrangement: caps.arrangement, ...size });
  }
  const best = candidates.sort((a, b) => compare(a, b, wish))[0];
  if (!best) throw clash(producer, wanted, consumers);
  return best;
}

function matchesWish(caps: Caps, wish: FormatWish): boolean {
  return (
    (wish.format === undefined || wish.format === caps.format) &&
    (wish.arrangement === undefined || wish.arrangement === caps.arrangement) &&
    (wish.width === undefined || contains(caps.width, wish.width)) &&
    (wish.height === undefined || contains(caps.height, wish.height))
  );
}

/** The size nearest to the wish that the producer makes and every consumer takes in this format. */
function commonSize(caps: Caps, consumers: readonly PortOffer[], wish: FormatWish) {
  let limits = {
    minWidth: 1,
    maxWidth: Number.MAX_SAFE_INTEGER,
    minHeight: 1,
    maxHeight: Number.MAX_SAFE_INTEGER,
  };
  for (const consumer of consumers) {
    if (!consumer.caps) continue;
    const match = consumer.caps.find((c) => sameFormat(c, caps) && overlaps(c, caps));
    if (!match) return undefined;
    limits = {
      minWidth: Math.max(limits.minWidth, match.width.min),
      maxWidth: Math.min(limits.maxWidth, match.width.max),
      minHeight: Math.max(limits.minHeight, match.height.min),
      maxHeight: Math.min(limits.maxHeight, match.height.max),
    };
  }
  const target = { width: wish.width ?? DEFAULT_SIZE.width, height: wish.height ?? DEFAULT_SIZE.height };
  const width = nearest(caps.width, limits.minWidth, limits.maxWidth, target.width);
  const height = nearest(caps.height, limits.minHeight, limits.maxHeight, target.height);
  if (width === undefined || height === undefined) return undefined;
  if (wish.width !== undefined && wish.width !== width) return undefined;
  if (wish.height !== undefined && wish.height !== height) return undefined;
  return { width, height };
}

function sameFormat(a: Caps, b: Caps): boolean {
  return a.format === b.format && a.arrangement === b.arrangement;
}

function overlaps(a: Caps, b: Caps): boolean {
  return (
    a.width.min <= b.width.max &&
    b.width.min <= a.width.max &&
    a.height.min <= b.height.max &&
    b.height.min <= a.height.max
  );
}

function compare(a: VideoFormat, b: VideoFormat, wish: FormatWish): number {
  return (
    pixelFormat(a.format).rank - pixelFormat(b.format).rank ||
    Number(a.arrangement === 'separate-buffers') - Number(b.arrangement === 'separate-buffers') ||
    distance(a, wish) - distance(b, wish)
  );
}

function distance(format: VideoFormat, wish: FormatWish): number {
  return (
    Math.abs(format.width - (wish.width ?? DEFAULT_SIZE.width)) +
    Math.abs(format.height - (wish.height ?? DEFAULT_SIZE.height))
  );
}

function notOffered(producer: PortOffer, wish: FormatWish): NegotiationError {
  const offered = producer.caps ?? [];
  const formatOffered = offered.some(
    (c) =>
      (wish.format === undefined || c.format === wish.format) &&
      (wish.arrangement === undefined || c.arrangement === wish.arrangement),
  );
  const field = formatOffered ? 'size' : 'format';
  const asked =
    field === 'format'
      ? `${wish.format ?? 'a format'}${wish.arrangement === 'separate-buffers' ? ' in separate buffers' : ''}`
      : `${wish.width ?? 'any'}x${wish.height ?? 'any'}`;
  const shown = formatOffered ? offered.filter((c) => !wish.format || c.format === wish.format) : offered;
  return new NegotiationError(
    `${producer.name} does not offer ${asked}. It offers: ${listCaps(shown)}. Ask for one of these, or leave the ${field} out.`,
    { field, producer: offered, consumer: wish },
  );
}

function clash(
  producer: PortOffer,
  wanted: readonly Caps[],
  consumers: readonly PortOffer[],
): NegotiationError {
  const takes = (consumer: PortOffer, offer: Caps) =>
    !consumer.caps || consumer.caps.some((c) => sameFormat(c, offer));
  const field = wanted.some((p) => consumers.every((c) => takes(c, p))) ? 'size' : 'format';
  const [best] = [...wanted].sort((a, b) => pixelFormat(a.format).rank - pixelFormat(b.format).rank);
  const blocking =
    consumers.find((c) => c.caps && !wanted.some((p) => commonSize(p, [c], {}))) ??
    (field === 'format' && best ? consumers.find((c) => !takes(c, best)) : undefined) ??
    consumers[0];
  const taken = blocking?.caps ?? [];
  const hint =
    field === 'format'
      ? 'Choose another format, put convert() between them, or let { autoConvert: true } do so.'
      : `Ask ${producer.name} for a size that ${blocking?.name ?? 'the other side'} takes.`;
  return new NegotiationError(
    `${producer.name} and ${blocking?.name ?? 'its consumers'} have no ${field} in common: ` +
      `${producer.name} offers ${listCaps(wanted)}; ${blocking?.name ?? 'the other side'} takes ${listCaps(taken)}. ${hint}`,
    { field, producer: wanted, consumer: taken, stage: blocking?.name },
  );
}

/** At most a dozen alternatives: a camera may offer hundreds. */
function listCaps(caps: readonly Caps[]): string {
  const all = [...new Set(caps.map(describeCaps))];
  const shown = all.slice(0, 12).join(', ') || 'nothing';
  return all.length > 12 ? `${shown} and ${all.length - 12} more` : shown;
}
