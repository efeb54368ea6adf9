// The distribution's kernel source package: the newest `linux-source-*` that is new enough, found and fetched with
// apt, without root and without touching the machine's own package lists.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { findProgram, outputOf, runLogged } from '../../../scripts/lib/processes.mjs';
import { debianMirror, suiteSource } from './apt-sources.mjs';

/**
 * @param {import('./boards.mjs').Board['kernel']} kernel
 * @param {string} workDirectory for apt's lists; the caller removes it
 * @param {string} log
 * @returns {Promise<{ name: string, version: string, bytes: number, apt: string[] }>}
 */
export async function findKernelPackage(kernel, workDirectory, log) {
  if (!findProgram('apt-get')) {
    throw new Failure(
      `The board's kernel is built from Debian's package linux-source (Linux ${kernel.atLeast} or newer), which ` +
        'needs apt-get. On another distribution build a kernel with the options of test/board/machine/kernel and ' +
        'name it in DMAFLOW_BOARD_KERNEL.',
    );
  }
  const suite = needsSuite() ? kernel.suite : undefined;
  const apt = suite ? await ownAptOptions(suite, workDirectory) : [];
  if (suite) await runLogged('apt-get', [...apt, 'update'], { log, append: true });
  const names = outputOf('apt-cache', [...apt, 'search', '--names-only', '^linux-source-[0-9.]+$'])
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter(Boolean);
  const name = newestVersion(names, kernel.atLeast);
  if (!name) {
    throw new Failure(
      `${suite ?? "The machine's package lists"} has no linux-source package of Linux ${kernel.atLeast} or newer` +
        ` (found: ${names.join(', ') || 'none'}). Run 'apt-get update', or build a kernel with the options of ` +
        'test/board/machine/kernel and name it in DMAFLOW_BOARD_KERNEL.',
    );
  }
  const fields = outputOf('apt-cache', [...apt, '--no-all-versions', 'show', name]);
  const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(fields)?.[1] ?? '';
  return { name, version: field('Version'), bytes: Number(field('Size')), apt };
}

/** Fetches the package into the directory; apt checks its signature. Gives the path of the .deb. */
export async function fetchKernelPackage(source, directory, log, onProgress) {
  await mkdir(directory, { recursive: true });
  const timer = setInterval(() => onProgress(bytesIn(directory)), 500);
  try {
    const args = [...source.apt, 'download', `${source.name}=${source.version}`];
    await runLogged('apt-get', args, { cwd: directory, log, append: true });
  } finally {
    clearInterval(timer);
  }
  const file = readdirSync(directory).find((name) => name.endsWith('.deb'));
  if (!file) throw new Failure(`apt-get fetched no package into ${directory}. See ${log}.`);
  return join(directory, file);
}

/** Of `linux-source-6.12`, `linux-source-7.3`, … the newest that is at least `atLeast`. */
export function newestVersion(names, atLeast) {
  const numbers = (text) => text.replace('linux-source-', '').split('.').map(Number);
  const compare = (a, b) => {
    const [left, right] = [numbers(a), numbers(b)];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
    }
    return 0;
  };
  return names
    .filter((name) => compare(name, atLeast) >= 0)
    .sort(compare)
    .at(-1);
}

// These releases' own kernels are too old; what comes after them carries a newer one itself.
function needsSuite() {
  const text = readFileSync('/etc/os-release', 'utf8');
  const field = (key) => new RegExp(`^${key}="?(.*?)"?$`, 'm').exec(text)?.[1];
  return field('ID') === 'debian' && ['bookworm', 'trixie'].includes(field('VERSION_CODENAME'));
}

// apt with lists, cache and sources of its own: it works for any user and leaves the machine's apt as it is.
async function ownAptOptions(suite, workDirectory) {
  const directory = join(workDirectory, 'apt');
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  const sources = join(directory, 'board.sources');
  await writeFile(sources, suiteSource(debianMirror(suite), suite));
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::Cache': join(directory, 'cache'),
    'Acquire::Languages': 'none',
  };
  // As root apt would drop to its own user, who cannot write here.
  if (process.getuid() === 0) options['APT::Sandbox::User'] = 'root';
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

function bytesIn(directory) {
  return readdirSync(directory, { recursive: true })
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
    .reduce((sum, stat) => sum + (stat?.isFile() ? stat.size : 0), 0);
}
