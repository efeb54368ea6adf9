// The npm packages of package-lock.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { checkout, logDirectory } from './paths.mjs';
import { findProgram, runLogged } from './processes.mjs';
import { beginStep } from './progress.mjs';
import { hashOf, hasStamp, writeStamp } from './stamp.mjs';

const stamp = join(checkout, 'node_modules/.dmaflow-lock');

export async function installNpmPackages() {
  const lock = hashOf(checkout, ['package-lock.json']);
  if (hasStamp(stamp, lock)) return;
  if (!isInstalled()) {
    if (!findProgram('npm')) throw new Failure('npm is missing; it comes with Node, or as the package npm.');
    // No scripts: the only one that matters builds node-gtk, which is a step of its own.
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const log = join(logDirectory, 'npm.log');
    await beginStep('Installing npm packages').run(() => runLogged('npm', args, { cwd: checkout, log }));
  }
  writeStamp(stamp, lock);
}

// Installed by hand with npm: its own record of what lies in node_modules agrees with the lock.
function isInstalled() {
  const record = join(checkout, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
  const wanted = packagesOf(join(checkout, 'package-lock.json'));
  const actual = packagesOf(record);
  const same = (path) => actual[path]?.version === wanted[path]?.version;
  // npm leaves out optional packages for other systems.
  const needed = (path) => !wanted[path].optional;
  const required = Object.keys(wanted).filter((path) => path !== '' && needed(path));
  return required.every(same) && Object.keys(actual).every(same);
}
