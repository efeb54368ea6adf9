// The distribution's kernel source package: the newest `linux-source-*` that is new enough, found and fetched with
// apt, without root and without touching the machine's own package lists.
import { readdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteAptOptions } from '../../../scripts/lib/apt-suite.mjs';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { findProgram, outputOf, runLogged } from '../../../scripts/lib/processes.mjs';

/**
 * @param {import('./boards.mjs').Board['kernel']} kernel
 * @param {string} workDirectory for apt's lists; the caller removes it
 * @param {string} log
 * @returns {Promise<{ name: string, version: string, bytes: number, apt: string[] }>}
 */
export async function findKernelPackage(kernel, workDirectory, log) {
  if (!findProgram('apt-get')) {
    throw new Failure(
      `The board's kernel is built from Debian's package linux-source (${versionsOf(kernel)}), which ` +
        'needs apt-get. On another distribution build a kernel with the options of test/board/machine/kernel and ' +
        'name it in DMAFLOW_BOARD_KERNEL.',
    );
  }
  const own = newestPackage([], kernel);
  const apt = own.name ? [] : await suiteAptOptions(kernel.suite, workDirectory);
  if (!own.name) await runLogged('apt-get', [...apt, 'update'], { log, append: true });
  const { name, names } = own.name ? own : newestPackage(apt, kernel);
  if (!name) {
    throw new Failure(
      `${kernel.suite} has no linux-source package of ${versionsOf(kernel)} (found: ${names.join(', ') || 'none'}). ` +
        'Build a kernel with the options of test/board/machine/kernel and name it in DMAFLOW_BOARD_KERNEL.',
    );
  }
  const fields = outputOf('apt-cache', [...apt, '--no-all-versions', 'show', name]);
  const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(fields)?.[1] ?? '';
  return { name, version: field('Version'), bytes: Number(field('Size')), apt };
}

/** Fetches the package into the directory; apt checks its signature. Gives the path of the .deb. */
export async function fetchKernelPackage(source, directory, log, onProgress) {
  const fetches = [{ apt: source.apt, names: [`${source.name}=${source.version}`] }];
  await fetchAll(fetches, directory, log, onProgress);
  const file = readdirSync(directory).find((name) => name.endsWith('.deb'));
  if (!file) throw new Failure(`apt-get fetched no package into ${directory}. See ${log}.`);
  return join(directory, file);
}

/**
 * Fetches packages into the directory; apt checks their signatures.
 * @param {{ apt: string[], names: string[] }[]} fetches what to fetch with which options of apt
 * @param {(bytes: number) => void} onProgress how much is there
 */
export async function fetchAll(fetches, directory, log, onProgress) {
  await mkdir(directory, { recursive: true });
  const timer = setInterval(() => onProgress(bytesIn(directory)), 500);
  try {
    for (const { apt, names } of fetches) {
      await runLogged('apt-get', [...apt, 'download', ...names], { cwd: directory, log, append: true });
    }
  } finally {
    clearInterval(timer);
  }
}

// The machine's own package lists where they hold one, as a newer distribution's do; otherwise the suite's.
function newestPackage(apt, { atLeast, below }) {
  const names = outputOf('apt-cache', [...apt, 'search', '--names-only', '^linux-source-[0-9.]+$'])
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter(Boolean);
  return { name: newestVersion(names, atLeast, below), names };
}

function versionsOf({ atLeast, below }) {
  return below ? `Linux ${atLeast} up to ${below}` : `Linux ${atLeast} or newer`;
}

/** Of `linux-source-6.12`, `linux-source-7.3`, … the newest that is at least `atLeast`, and older than `below`. */
export function newestVersion(names, atLeast, below) {
  const numbers = (text) => text.replace('linux-source-', '').split('.').map(Number);
  const compare = (a, b) => {
    const [left, right] = [numbers(a), numbers(b)];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
    }
    return 0;
  };
  return names
    .filter((name) => compare(name, atLeast) >= 0 && (!below || compare(name, below) < 0))
    .sort(compare)
    .at(-1);
}

function bytesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
    .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0);
}
