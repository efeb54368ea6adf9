// A Debian root for arm64, unpacked and not installed: the emulated arm64 board's root. Made once with the machine's own apt and kept in the cache.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteAptOptions } from './apt-suite.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { cacheDirectory, checkout } from './paths.mjs';
import { findProgram, runLogged } from './processes.mjs';
import { beginStep, say } from './progress.mjs';
import { onTermination } from './termination.mjs';

const SUITE = 'trixie';

/** What runs on the board; that apt does not count as installed on its own. */
const PROGRAMS = ['nodejs', 'strace', 'v4l-utils'];
const SYSTEM = [
  ...['base-files', 'base-passwd', 'bash', 'coreutils', 'dash', 'grep', 'iproute2'],
  ...['libc-bin', 'mount', 'procps', 'sed', 'util-linux'],
];
const PACKAGES = [...SYSTEM, ...PROGRAMS];

/** npm packages with a binary of their own for each processor, which node finds by NODE_PATH. */
const NPM_PACKAGES = ['@unrs/resolver-binding-linux-arm64-gnu'];
export const NPM_DIRECTORY = '/usr/lib/dmaflow/node_modules';

/** The path of the root in the cache, or undefined when it is not there. */
export function cachedArm64Root() {
  const root = rootDirectory();
  return existsSync(root) ? root : undefined;
}

/** The path of the root; made when it is not there. */
export async function arm64Root() {
  const root = rootDirectory();
  const parent = join(root, '..');
  const waiting = (pid) => say(`Process ${pid} is making the arm64 root; waiting for it.`);
  if (existsSync(root)) return root;
  return withLock(join(parent, 'arm64.lock'), waiting, async () => {
    if (!existsSync(root)) await makeRoot(root, parent);
    return root;
  });
}

async function makeRoot(root, parent) {
  if (!findProgram('apt-get')) {
    throw new Failure(`The arm64 root is unpacked from Debian's packages (${SUITE}), which needs apt-get.`);
  }
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith('.make-'))) {
    await rm(join(parent, name), { recursive: true, force: true });
  }
  const work = await mkdtemp(join(parent, '.make-'));
  const removeWork = () => rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  const release = onTermination(removeWork);
  const log = join(parent, 'arm64.log');
  await rm(log, { force: true });
  const step = beginStep('Making the arm64 root');
  try {
    const fresh = join(work, 'root');
    await fetchPackages(work, log);
    step.update('unpacking');
    await unpackPackages(work, fresh, log);
    await finish(fresh);
    step.update('npm packages');
    await addNpmPackages(fresh, log);
    await rename(fresh, root);
  } catch (error) {
    step.failed();
    throw error;
  } finally {
    release();
    removeWork();
  }
  step.done();
}

async function fetchPackages(work, log) {
  const apt = await suiteAptOptions(SUITE, work, { architecture: 'arm64' });
  const run = (...args) => runLogged('apt-get', [...apt, '-q', '-y', ...args], { log, append: true });
  await run('update');
  await run('install', '--download-only', '--no-install-recommends', ...PACKAGES);
}

// base-files first: it holds the links of the merged /usr, through which the others unpack.
async function unpackPackages(work, root, log) {
  const archives = join(work, 'apt/cache/archives');
  const isBase = (name) => name.startsWith('base-files_');
  const files = readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .sort((a, b) => Number(isBase(b)) - Number(isBase(a)) || a.localeCompare(b));
  await mkdir(root, { recursive: true });
  for (const file of files) {
    const script =
      'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink --no-same-owner ' +
      "--exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'";
    const args = ['-c', script, 'sh', join(archives, file), root];
    await runLogged('sh', args, { log, append: true });
  }
}

// What the packages' own scripts would do, as far as the board needs it.
async function finish(root) {
  for (const name of ['passwd', 'group']) {
    await copyFile(join(root, `usr/share/base-passwd/${name}.master`), join(root, 'etc', name));
  }
}

async function addNpmPackages(root, log) {
  const prefix = join(root, NPM_DIRECTORY, '..');
  const args = ['install', '--prefix', prefix, '--cpu=arm64', '--os=linux', '--libc=glibc', '--no-save'];
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--force'];
  await mkdir(prefix, { recursive: true });
  await runLogged('npm', [...args, ...quiet, ...npmPackages()], { cwd: prefix, log, append: true });
}

function npmPackages() {
  const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8'));
  return NPM_PACKAGES.map((name) => `${name}@${packages[`node_modules/${name}`].version}`);
}

// This file too: a change of how the root is made makes another.
function rootDirectory() {
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.url)));
  const key = hash.update(npmPackages().join('\n')).digest('hex').slice(0, 16);
  return join(cacheDirectory(), 'root', `arm64-${key}`);
}
