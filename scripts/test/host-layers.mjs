// The layers of `npm test` that run on this machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../lib/paths.mjs';
import { runForeground } from '../lib/processes.mjs';
import { failure, jestCommand, readCounts } from './jest-run.mjs';
import { compileWithAnother } from './other-compiler.mjs';

const bin = (name) => join(checkout, 'node_modules/.bin', name);

/** Style and suspicious code: biome for TypeScript and the scripts, clang-format and another compiler for the addons. */
export function lint() {
  const native = readdirSync(join(checkout, 'native'))
    .filter((name) => /\.(h|cc)$/.test(name))
    .map((name) => join('native', name));
  const style = check([
    [bin('biome'), 'ci', '.', `--colors=${process.stdout.isTTY ? 'force' : 'off'}`],
    [bin('clang-format'), '--dry-run', '--Werror', ...native],
  ]);
  const compiled = compileWithAnother();
  return {
    passed: style.passed + compiled.passed,
    failed: style.failed + compiled.failed,
    skipped: compiled.skipped,
  };
}

export function checkTypes() {
  return check([[bin('tsc'), '--noEmit', '-p', 'tsconfig.json']]);
}

/** @param {'unit' | 'contract' | 'gstreamer' | 'docs'} project of jest.config.js */
export async function jestOnHost(project, selection, environment = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'dmaflow-test-'));
  const results = join(directory, 'results.json');
  try {
    const [program, ...args] = jestCommand(['--selectProjects', project, '--passWithNoTests'], selection);
    const env = { ...process.env, ...environment, DMAFLOW_TEST_RESULTS: results };
    return readCounts(results, await runForeground(program, args, { cwd: checkout, env }), selection);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

// Counts as one test; its output is only of interest when it fails.
function check(commands) {
  for (const [program, ...args] of commands) {
    const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: checkout, encoding: 'utf8' });
    if (error) return failure(error.message);
    if (status !== 0) {
      process.stdout.write(`${stdout}${stderr}`);
      return failure(`${[program.slice(checkout.length + 1), ...args].slice(0, 4).join(' ')} found faults`);
    }
  }
  process.stdout.write('  ✓ no faults\n');
  return { passed: 1, failed: 0, skipped: [] };
}
