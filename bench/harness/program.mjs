// Runs one program under the observer, and gives what it printed and what was seen of it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programs } from './build.mjs';
import { readObserved } from './observed.mjs';

/** For what hangs: on a busy machine a program takes many times as long as on an idle one. */
const LIMIT_MS = 1_800_000;
/** Frames between which CPU and latency are read: after the start, before V8 tidies up, which it does once some eight seconds later. */
export const SETTLED = { first: 60, last: 210 };

/**
 * @typedef {object} Run
 * @property {object} figures what the program printed as its last line, as JSON; empty where it printed none
 * @property {import('./observed.mjs').Observed} observed
 */

/**
 * @param {string[]} command
 * @param {{ window?: { first: number, last: number }, limit?: number }} options the frames at which CPU is read;
 *   milliseconds after which it has hung
 * @returns {Promise<Run>}
 */
export async function runObserved(command, { window = { first: 0, last: 0 }, limit = LIMIT_MS } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'dmaflow-bench-'));
  try {
    const counters = join(directory, 'counters');
    const frames = [window.first, window.last].map(String);
    const output = await run(programs.launch, [counters, programs.observer, ...frames, ...command], limit);
    return { figures: figuresOf(output), observed: readObserved(counters) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The program's standard output; throws with its error output where it fails or hangs. */
function run(program, args, limit) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].on('data', (chunk) => {
        output[name] += chunk;
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return resolve(output.stdout);
      const how = signal ? `ended by ${signal}` : `exit status ${status}`;
      reject(new Error(`${args.join(' ')}: ${how}\n${output.stderr}${output.stdout}`));
    });
  });
}

function figuresOf(output) {
  const line = output.trim().split('\n').at(-1);
  return line?.startsWith('{') ? JSON.parse(line) : {};
}
