/** The terminal's form of `dmaflow doctor`. */
import { formatBytes } from '../allocators/heap-advice';
import type { DoctorReport } from './doctor-report';
import { formatList } from './table';

const SIGNS = { error: '✗', warning: '!', note: '·' };
const TITLE_WIDTH = 12;

export function doctorText(report: DoctorReport): string {
  const { versions, memory, limits, heaps, cameras, displays, gstreamer } = report;
  const { cmaTotal, cmaFree } = memory;
  const realtime = limits.realtimePriority ?? 'unknown';
  return [
    line(
      'dmaflow',
      `${versions.dmaflow}, ${versions.addon ? `addon loaded (${versions.addon})` : 'no addon'}`,
    ),
    line('kernel', `Linux ${versions.kernel}, ${versions.architecture}`),
    line('node', versions.node),
    line('libdrm', versions.libdrm ?? 'version unknown (no pkg-config, or no development files)'),
    line('gstreamer', gstreamerText(report)),
    line('memory', cmaTotal ? `${formatBytes(cmaFree ?? 0)} of ${formatBytes(cmaTotal)} CMA free` : 'no CMA'),
    line(
      'limits',
      `real-time priority ${realtime}${limits.root ? ' (root)' : ''}, open files ${limits.openFiles ?? 'unknown'}`,
    ),
    ...lines(
      'heaps',
      heaps.map(({ name, kind, permitted }) => `${name} (${kind})${permission(permitted)}`),
    ),
    ...lines(
      'cameras',
      cameras.map(
        ({ path, driver, card, permitted }) => `${path} ${card} (${driver})${permission(permitted)}`,
      ),
    ),
    ...lines(
      'displays',
      displays.map(({ path, driver, permitted, connected }) => {
        const plugged = connected.length > 0 ? connected.join(', ') : 'nothing connected';
        return `${path} ${driver ?? ''}: ${permitted ? plugged : 'not permitted'}`;
      }),
    ),
    ...(gstreamer.found.length > 0 ? ['elements', formatList(gstreamer.found, ' '.repeat(TITLE_WIDTH))] : []),
    '',
    ...problemsText(report),
  ].join('\n');
}

function gstreamerText({ versions, gstreamer }: DoctorReport): string {
  if (versions.gstreamer === null) return 'not there';
  const gtk = versions.nodeGtk === null ? 'no node-gtk' : `node-gtk ${versions.nodeGtk}`;
  return `${versions.gstreamer} with ${gstreamer.elements} elements, ${gtk}`;
}

function problemsText({ problems }: DoctorReport): string[] {
  if (problems.length === 0) return ['No problems found.'];
  return problems.flatMap(({ severity, what, advice }) => [
    `${SIGNS[severity]} ${what}`,
    ...(advice === '' ? [] : [`    ${advice}`]),
  ]);
}

function lines(title: string, texts: readonly string[]): string[] {
  if (texts.length === 0) return [line(title, 'none')];
  return texts.map((text, index) => line(index === 0 ? title : '', text));
}

function line(title: string, text: string): string {
  return `${title.padEnd(TITLE_WIDTH)}${text}`;
}

function permission(permitted: boolean): string {
  return permitted ? '' : ', not permitted';
}
