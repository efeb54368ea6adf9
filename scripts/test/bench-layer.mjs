// The layer of `npm test` that runs the benchmark, quickly: that each subject gives its figures, whatever they are.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { casesOf } from '../../bench/cases/index.mjs';
import { checkout } from '../lib/paths.mjs';
import { failure } from './jest-run.mjs';

/**
 * Counts as one test for each subject.
 * @param {import('./side-by-side.mjs').Write} write
 * @returns {Promise<import('./jest-run.mjs').Counts>}
 */
export async function benchRuns(write) {
  const out = mkdtempSync(join(tmpdir(), 'dmaflow-bench-'));
  try {
    const { status, output } = await quickBench(out);
    const rows = readRows(join(out, 'latest.json'));
    const missing = casesOf({}).filter(({ title }) => !rows.some(({ subject }) => subject === title));
    if (status !== 0 || missing.length > 0) {
      write(output);
      const titles = missing.map(({ title }) => title).join(', ');
      return failure(
        `npm run bench -- --quick ended with status ${status}${titles && `, without ${titles}`}`,
        write,
      );
    }
    for (const { title } of casesOf({})) write(`  ✓ ${title}\n`);
    return { passed: casesOf({}).length, failed: 0, skipped: [] };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function readRows(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).rows : [];
}

/**
 * Its output is only of interest when it fails.
 * @param {string} out
 * @returns {Promise<{ status: number, output: string }>}
 */
function quickBench(out) {
  return new Promise((resolve, reject) => {
    const script = join(checkout, 'scripts/bench.mjs');
    const args = [script, '--quick', '--no-build', '--yes', '--out', out];
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status: status ?? signal, output }));
  });
}
