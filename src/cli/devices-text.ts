/** The terminal's form of `dmaflow devices`. */
import type {
  CameraReport,
  DevicesReport,
  DisplayReport,
  FormatReport,
  RateReport,
  SizeReport,
} from './devices';
import { formatList, formatTable } from './table';

export function devicesText({ cameras, displays }: DevicesReport): string {
  return [
    'Cameras',
    ...(cameras.length > 0 ? cameras.map(cameraText) : ['  none']),
    '',
    'Displays',
    ...(displays.length > 0 ? displays.map(displayText) : ['  none']),
  ].join('\n');
}

function cameraText(camera: CameraReport): string {
  const { path, driver, card, busInfo, multiplanar, permitted, otherFormats } = camera;
  const place = [`driver ${driver}`, ...(busInfo ? [busInfo] : []), ...(multiplanar ? ['multi-planar'] : [])];
  const title = `  ${path}  ${card} (${place.join(', ')})${permitted ? '' : '  not permitted'}`;
  const groups = groupBySizes(camera.formats).flatMap(({ formats, sizes }) => [
    formatList(formats.map(formatText), '    '),
    sizesText(sizes),
  ]);
  const others =
    otherFormats.length > 0 ? ['    unknown to dmaflow', formatList(otherFormats, '      ')] : [];
  return [title, ...groups, ...others].join('\n');
}

/** A camera mostly has the same sizes in all formats. */
function groupBySizes(formats: readonly FormatReport[]): { formats: FormatReport[]; sizes: SizeReport[] }[] {
  const groups = new Map<string, { formats: FormatReport[]; sizes: SizeReport[] }>();
  for (const format of formats) {
    const key = JSON.stringify(format.sizes);
    const group = groups.get(key);
    if (group) group.formats.push(format);
    else groups.set(key, { formats: [format], sizes: format.sizes });
  }
  return [...groups.values()];
}

function formatText({ name, separatePlanes }: FormatReport): string {
  return separatePlanes ? `${name} (separate planes)` : name;
}

function sizesText(sizes: readonly SizeReport[]): string {
  if (sizes.length === 0) return '      any size that the source is set to';
  const rows = sizes.map((size) => [
    sizeText(size),
    size.fps.map(rateText).join(', ') || 'as the source is set',
  ]);
  return indent(formatTable(['size', 'fps'], rows), '      ');
}

function sizeText(size: SizeReport): string {
  if ('width' in size) return `${size.width}x${size.height}`;
  return `${size.minWidth}x${size.minHeight} to ${size.maxWidth}x${size.maxHeight}`;
}

function rateText(rate: RateReport): string {
  return typeof rate === 'number' ? String(rate) : `${rate.min} to ${rate.max}`;
}

function displayText({ path, driver, permitted, connectors, planes }: DisplayReport): string {
  if (!permitted) return `  ${path}  not permitted`;
  const primary = planes.find(({ type }) => type === 'Primary');
  return [
    `  ${path}  driver ${driver}`,
    ...connectors.flatMap(({ name, connection, writeback, modes }) => [
      `    ${name}  ${writeback ? 'writeback' : connection}`,
      ...(modes.length > 0 && !writeback ? [formatList(modes.map(modeText), '      ')] : []),
    ]),
    ...(primary ? ['    formats of the primary plane', formatList(primary.formats, '      ')] : []),
  ].join('\n');
}

function modeText({
  width,
  height,
  refresh,
  preferred,
}: DisplayReport['connectors'][number]['modes'][number]): string {
  return `${width}x${height} ${Number(refresh.toFixed(2))} Hz${preferred ? ' (preferred)' : ''}`;
}

function indent(text: string, by: string): string {
  return text.replace(/^/gm, by);
}
