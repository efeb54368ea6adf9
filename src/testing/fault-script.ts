import { Errno, type ErrnoName } from './errno';

/** When a scripted fault strikes. */
export interface FaultOptions {
  /** How many requests fail; default 1. `Infinity`: all from then on. */
  times?: number;
  /** How many requests go through before the first one fails; default 0. */
  after?: number;
  /** Only requests on this path (a device node, or `/dmabuf:NAME`). */
  path?: string | RegExp;
}

interface Fault {
  syscall: string;
  code: ErrnoName;
  times: number;
  after: number;
  path: string | RegExp | undefined;
}

/** The faults a test has scripted, and which request is to fail next. */
export class FaultScript {
  readonly #faults: Fault[] = [];

  add(syscall: string, code: ErrnoName, options: FaultOptions = {}): void {
    const { times = 1, after = 0, path } = options;
    this.#faults.push({ syscall, code, times, after, path });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Throws where a fault is due. Every fault that fits counts the request, the first one that is due strikes. */
  strike(syscall: string, path: string | undefined): void {
    let due: Fault | undefined;
    for (const fault of this.#faults) {
      if (fault.syscall !== syscall || !fits(fault.path, path)) continue;
      if (fault.after > 0) fault.after -= 1;
      else if (fault.times > 0) due ??= fault;
    }
    if (!due) return;
    due.times -= 1;
    throw new Errno(due.code);
  }

  /** Faults that have not struck as often as asked: a test that scripted them in vain. */
  pending(): string[] {
    return this.#faults
      .filter((fault) => fault.times > 0 && Number.isFinite(fault.times))
      .map((fault) => `${fault.syscall}: ${fault.code}, ${fault.times} more`);
  }
}

function fits(wanted: string | RegExp | undefined, path: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (path === undefined) return false;
  return typeof wanted === 'string' ? wanted === path : wanted.test(path);
}
