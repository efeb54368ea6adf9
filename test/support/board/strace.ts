/** System calls of a program, as strace(1) shows them. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helperPath, Program } from './program';

export interface Traced {
  program: Program;
  /** A line for each call, fds with what they are: `ioctl(27</dev/video7>, VIDIOC_QBUF, …) = 0`. */
  calls: string[];
}

/** Runs a program of its own under `strace -f` from the moment it has loaded dmaflow. */
export async function traced(
  path: string,
  options: readonly string[],
  env: Record<string, string> = {},
): Promise<Traced> {
  const output = join(mkdtempSync(join(tmpdir(), 'strace-')), 'calls');
  await using program = new Program(process.execPath, [helperPath('run-when-told'), path, ...options], env);
  await program.says(/^ready$/m);
  const args = ['-f', '-y', '-e', 'trace=ioctl,mmap', '-o', output, '-p', String(program.pid)];
  await using strace = new Program('strace', args);
  await strace.says(/attached/);
  program.tell('go');
  await program.ended;
  await strace.ended;
  return { program, calls: readFileSync(output, 'utf8').split('\n').filter(isCall) };
}

// Each call once: strace splits one that another thread interrupts.
function isCall(line: string): boolean {
  return line !== '' && !line.includes(' resumed>');
}

/** DMA_BUF_IOCTL_SYNC, under its name or, where this strace does not know it, by its number. */
export function syncCalls(calls: readonly string[]): string[] {
  return calls.filter((call) => /DMA_BUF_IOCTL_SYNC|_IOC\(_IOC_WRITE, 0x62, 0(x0)?, 0x8\)/.test(call));
}

/** mmap of a dma-buf. */
export function dmaBufMappings(calls: readonly string[]): string[] {
  return calls.filter((call) => /\bmmap\(.*<[^>]*dmabuf/.test(call));
}

export function countOf(calls: readonly string[], request: string): number {
  // A call that another thread interrupts may end with its request.
  const pattern = new RegExp(`, ${request}(,| <unfinished)`);
  return calls.filter((call) => pattern.test(call)).length;
}
