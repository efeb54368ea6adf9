/** The terminal's form of `dmaflow buffers`. */
import type { BufferReport } from './buffers';
import { counted, formatTable } from './table';

export function buffersText(buffers: readonly BufferReport[]): string {
  const total = buffers.reduce((sum, { size }) => sum + size, 0);
  const summary = `${counted(buffers.length, 'dma-buf')}, ${sizeText(total)}`;
  if (buffers.length === 0) return summary;
  const table = formatTable(
    ['owner', 'stage', 'size', 'heap', 'age', 'devices', 'name'],
    buffers.map((buffer) => [
      ownerText(buffer),
      stageText(buffer),
      sizeText(buffer.size),
      buffer.heap ?? (buffer.exporter === null ? '?' : `driver ${buffer.exporter}`),
      buffer.age === null ? '?' : ageText(buffer.age),
      buffer.devices === null ? '?' : buffer.devices.join(', ') || '-',
      buffer.name || '-',
    ]),
  );
  return `${table}\n${summary}`;
}

/** What keeps it alive; the maker where that is someone else. */
function ownerText({ owners, madeBy }: BufferReport): string {
  const names = owners.map(({ command, pid }) => `${command} (${pid})`).join(', ') || 'the kernel';
  const made = madeBy !== null && !owners.some(({ pid }) => pid === madeBy);
  return made ? `${names}, made by ${madeBy}` : names;
}

function stageText({ stage, index, memoryPlane }: BufferReport): string {
  if (stage === null) return '-';
  const plane = memoryPlane === null ? '' : ` plane ${memoryPlane}`;
  return `${stage}${index === null ? '' : ` ${index}`}${plane}`;
}

function sizeText(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function ageText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
