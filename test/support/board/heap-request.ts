/** One raw request to a heap: see heap-request.c, which scripts/test/programs.mjs compiles for the board. */
import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { checkout } from './program';

export const O_RDWR = 0o2;
export const O_CLOEXEC = 0o2000000;
/** Bytes of `struct dma_heap_allocation_data`. */
export const STRUCT_BYTES = 24;

export interface HeapRequest {
  bytes?: number;
  structBytes?: number;
  fd?: number;
  fdFlags?: number;
  heapFlags?: number;
  /** The structure lies in memory that the kernel cannot write to. */
  readOnly?: boolean;
}

export interface HeapAnswer {
  /** As in `EINVAL`; undefined where the kernel gave a buffer. */
  error: string | undefined;
  /** Of the buffer. */
  bytes: number | undefined;
  /** File descriptors that the process has more than before. */
  descriptors: number;
}

export function requestOf(heap: string, request: HeapRequest = {}): HeapAnswer {
  const { bytes = 4096, structBytes = STRUCT_BYTES, fd = 0, heapFlags = 0 } = request;
  const { fdFlags = O_RDWR | O_CLOEXEC, readOnly = false } = request;
  const program = join(checkout, 'build/test-programs', process.arch, 'heap-request');
  const numbers = [bytes, structBytes, fd, fdFlags, heapFlags].map(String);
  const output = execFileSync(program, [heap, ...numbers, ...(readOnly ? ['read-only'] : [])]);
  const [error, size, descriptors] = output.toString().split(' ').map(Number) as [number, number, number];
  const name = Object.entries(constants.errno).find(([, number]) => number === error)?.[0];
  return { error: name, bytes: size < 0 ? undefined : size, descriptors };
}
