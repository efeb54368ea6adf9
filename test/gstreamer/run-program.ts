/** Programs with GStreamer in processes of their own: it would stay in jest's, and what is tested is also how a process ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const PREFIX = ['--expose-gc', '-r', join(ROOT, 'test/support/run-typescript.js')];

/** Milliseconds, for a test of several programs on a busy machine. */
export const TIMEOUT = 300_000;

export interface ProgramEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Sent when the program has written a line. */
  signal?: NodeJS.Signals;
  env?: Record<string, string>;
}

/** A program of `programs/`, to its end. */
export function runProgram(name: string, args: string[] = [], options: RunOptions = {}): Promise<ProgramEnd> {
  const child = spawn(process.execPath, [...PREFIX, join(__dirname, 'programs', name), ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    const end = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      end.stdout += text;
      if (options.signal && end.stdout.includes('\n')) interrupt(child, options.signal);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      end.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...end }));
  });
}

/** What a program that ends well has printed as JSON. */
export async function resultOf<T>(name: string, args: string[] = []): Promise<T> {
  const { code, signal, stdout, stderr } = await runProgram(name, args);
  if (code !== 0)
    throw new Error(`${name} ${args.join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

function interrupt(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && !child.killed) child.kill(signal);
}

/** Why GStreamer cannot be used here; empty where it can. */
const reason = spawnSync(process.execPath, [...PREFIX, join(__dirname, 'programs/available.ts')], {
  encoding: 'utf8',
}).stdout.trim();

/** A test that needs GStreamer and node-gtk; skipped with the reason where they are not there. */
export function gstTest(title: string, run: () => Promise<void>): void {
  if (reason === '') test(title, run, TIMEOUT);
  else test.skip(`${title} (not run: ${reason})`, () => undefined);
}
