/** A sample or another program of its own, run beside the test: its output as it comes, and how it ended. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from './until';

/** The checkout, also in the board. */
export const checkout = process.cwd();

export interface Ended {
  /** Exit status; null where a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
}

export class Program implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  #over = false;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env } });
    this.#child.stdout.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (status, signal) => {
        this.#over = true;
        resolve({ status, signal });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Waits for output; fails where the program ends without it. */
  async says(pattern: RegExp, seconds = 500): Promise<RegExpExecArray> {
    const look = () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr) ?? undefined;
    const match = await until(
      `${pattern} from pid ${this.pid}`,
      () => look() ?? (this.#over && null),
      seconds,
    );
    if (match) return match;
    throw new Error(`it ended without ${pattern}:\n${this.stdout}${this.stderr}`);
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.kill('SIGKILL');
    await this.ended.catch(() => undefined);
  }
}

/** `npm run sample -- NAME …`, without npm. */
export function sample(name: string, ...options: string[]): Program {
  return new Program(process.execPath, [samplePath(name), ...options]);
}

export function samplePath(name: string): string {
  return join(checkout, 'build/samples', `${name}.js`);
}

/** A program of this folder. */
export function helperPath(name: string): string {
  return join(checkout, 'build/tests/test/support/board', `${name}.js`);
}

export interface Figures {
  shown: number;
  lost: number;
  dropped: number;
}

/** The line that every sample ends with; fails where there is none. */
export function figuresOf({ stdout, stderr }: Program): Figures {
  const match = /^shown=(\d+) lost=(\d+) dropped=(\d+)/m.exec(stdout);
  if (!match) throw new Error(`no figures:\n${stdout}${stderr}`);
  const [shown, lost, dropped] = match.slice(1).map(Number) as [number, number, number];
  return { shown, lost, dropped };
}
