/**
 * What is still open when the thread ends: a line on stderr, with `DMAFLOW_TRACE=1` one for each place where buffers were made.
 * It comes at the normal end, at `process.exit()` and after an uncaught error, in the main thread and in workers; not where
 * a signal kills the process or a worker is terminated. The kernel takes the memory back in all cases.
 */
import { writeSync } from 'node:fs';

/** A handle on a dma-buf. Must not refer to the `DmaBuf` itself, or that is never collected. */
export interface OpenHandle {
  readonly name: string;
  readonly inode: number;
  /** Bytes. */
  readonly length: number;
  readonly heap: string | undefined;
  /** Stack of the place where it was made, where tracing is on. */
  readonly place: string | undefined;
}

const STDERR = 2;
const open = new Set<OpenHandle>();
let watching = false;

/** Has the report made at exit, after `handles` was settled: those that the last running function made are to be in it. */
export function watchExit(handles: { settle(): void }): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    handles.settle();
    const text = exitReport([...open]);
    if (text !== undefined) say(text);
  });
}

/** Reports a handle at exit unless it is {@link closedBeforeExit} by then. */
export function reportAtExit(handle: OpenHandle): void {
  open.add(handle);
}

export function closedBeforeExit(handle: OpenHandle): void {
  open.delete(handle);
}

/** Undefined where nothing is open. Handles of one buffer count as one buffer; equal places are printed once. */
export function exitReport(handles: readonly OpenHandle[]): string | undefined {
  if (handles.length === 0) return undefined;
  const buffers = new Map(handles.map((handle) => [handle.inode, handle]));
  const bytes = [...buffers.values()].reduce((sum, { length }) => sum + length, 0);
  const count = buffers.size === 1 ? '1 dma-buf was' : `${buffers.size} dma-bufs were`;
  const summary = `dmaflow: ${count} not closed at exit (${(bytes / 2 ** 20).toFixed(1)} MiB)`;
  const traced = handles.filter(({ place }) => place !== undefined);
  if (traced.length === 0) {
    return `${summary}: close() them, and stop() pipelines. Run with DMAFLOW_TRACE=1 to see where they were made.\n`;
  }
  const byPlace = new Map<string, string[]>();
  for (const { place, name, length, heap } of traced) {
    const text = `'${name}' (${length} bytes${heap ? ` of ${heap}` : ''})`;
    byPlace.set(place ?? '', [...(byPlace.get(place ?? '') ?? []), text]);
  }
  const places = [...byPlace].map(
    ([place, names]) => `${names.map((name) => `  ${name}\n`).join('')}  ${place}\n`,
  );
  return `${summary}:\n${places.join('')}`;
}

/** `process.stderr` of a worker goes through the main thread, which no longer listens. */
function say(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // Nobody reads stderr any more.
  }
}
