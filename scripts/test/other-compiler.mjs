// Another compiler than ours looks at the addons too: it must not warn either. 45 s of CPU, and nothing where the sources are the
// ones that it has seen.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { packagesHash } from '../lib/build.mjs';
import { buildDirectory, checkout } from '../lib/paths.mjs';
import { findProgram } from '../lib/processes.mjs';
import { hashOf, hasStamp, writeStamp } from '../lib/stamp.mjs';
import { failure } from './jest-run.mjs';

const COMPILER = 'clang++';
const stamp = join(buildDirectory, 'stamps/other-compiler');

/** @returns {import('./jest-run.mjs').Counts} */
export function compileWithAnother() {
  if (!findProgram(COMPILER)) {
    return { passed: 0, failed: 0, skipped: [`the addons compiled by ${COMPILER}: it is not installed`] };
  }
  const { stdout: version } = spawnSync(COMPILER, ['--version'], { encoding: 'utf8' });
  const hash = hashOf(checkout, ['native'], [packagesHash(), version]);
  if (!hasStamp(stamp, hash)) {
    const args = ['-C', 'native', '-j', String(availableParallelism()), 'check', `CXX=${COMPILER}`];
    const { status, stderr } = spawnSync('make', args, {
      cwd: checkout,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) {
      process.stdout.write(stderr);
      return failure(`${COMPILER} warns of the addons' sources`);
    }
    writeStamp(stamp, hash);
  }
  process.stdout.write(`  ✓ ${COMPILER} has no warning\n`);
  return { passed: 1, failed: 0, skipped: [] };
}
