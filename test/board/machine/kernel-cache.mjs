// The kernels in the cache: a folder each, with a record of what it was made from.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../../scripts/lib/paths.mjs';
import { onTermination } from '../../../scripts/lib/termination.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Kernels of a board that stay: other checkouts may have other options. */
const KEPT = 3;

/**
 * What QEMU boots.
 * @typedef {object} KernelFiles
 * @property {string} image
 * @property {string} [initramfs] absent where the kernel mounts the root itself
 */

export function kernelDirectory() {
  return join(cacheDirectory(), 'kernel');
}

/** The paths of a board's configuration fragments. @param {import('./boards.mjs').SourceKernel} kernel */
export function fragmentPaths({ fragments }) {
  return fragments.map((name) => join(here, 'kernel', name));
}

/** The newest kernel in the cache that was made with the board's present options. @returns {KernelFiles | undefined} */
export function cachedKernel(board) {
  return records(board).find(({ image }) => image !== undefined);
}

/**
 * Why the board's kernel cannot be made on this machine, as an earlier run found.
 * @param {string} compiler its version: another one may succeed
 * @returns {{ failure: string, directory: string } | undefined}
 */
export function knownFailure(board, compiler) {
  return records(board).find((record) => record.failure !== undefined && record.compiler === compiler);
}

/** Keeps why the kernel cannot be made: the next run need not find out again. */
export async function keepFailure(board, compiler, failure) {
  const directory = join(kernelDirectory(), keyOf(board, compiler));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'kernel.json'), recordText(board, { compiler, failure }));
}

/**
 * Makes a kernel in a work directory and puts it into the cache whole.
 * @param {import('./boards.mjs').Board} board
 * @param {(work: string, result: string) => Promise<{ version: string, image: string, initramfs?: string }>} make leaves
 *   the files in `result` and gives their names
 * @returns {Promise<KernelFiles>}
 */
export async function addToCache(board, make) {
  const directory = kernelDirectory();
  const prefix = `.build-${board.name}.`;
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith(prefix))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  const work = await mkdtemp(join(directory, prefix));
  const removeWork = () => rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  const release = onTermination(removeWork);
  try {
    const result = join(work, 'result');
    await mkdir(result);
    const made = await make(work, result);
    await writeFile(join(result, 'kernel.json'), recordText(board, made));
    const final = join(directory, keyOf(board, made.version));
    await rm(final, { recursive: true, force: true });
    await rename(result, final);
    for (const { directory: old } of allRecords(board).slice(KEPT))
      await rm(old, { recursive: true, force: true });
    return readRecord(final);
  } finally {
    release();
    removeWork();
  }
}

// Those of the board's present options.
function records(board) {
  const options = optionsHash(board);
  return allRecords(board).filter((record) => record.options === options);
}

// The newest first.
function allRecords(board) {
  const directory = kernelDirectory();
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((name) => readRecord(join(directory, name)))
    .filter((record) => record?.board === board.name)
    .sort((a, b) => b.built.localeCompare(a.built));
}

function recordText(board, made) {
  const built = new Date().toISOString();
  return `${JSON.stringify({ board: board.name, options: optionsHash(board), built, ...made }, null, 2)}\n`;
}

function readRecord(directory) {
  const path = join(directory, 'kernel.json');
  if (!existsSync(path)) return undefined;
  const record = JSON.parse(readFileSync(path, 'utf8'));
  const absolute = (name) => name && join(directory, name);
  return { ...record, directory, image: absolute(record.image), initramfs: absolute(record.initramfs) };
}

function keyOf(board, version) {
  return createHash('sha256')
    .update(`${version}\n${optionsHash(board)}`)
    .digest('hex')
    .slice(0, 16);
}

function optionsHash(board) {
  const { kernel } = board;
  const parts = kernel.fragments ? sourceOptions(kernel) : distributionOptions(kernel);
  return createHash('sha256')
    .update([board.name, kernel.architecture, ...parts].join('\n'))
    .digest('hex');
}

// Over the options alone: neither a comment nor the file that an option stands in is worth a build.
function sourceOptions(kernel) {
  const options = fragmentPaths(kernel)
    .flatMap((path) => readFileSync(path, 'utf8').match(/^(# )?CONFIG_\w+(=.*| is not set)$/gm))
    .sort();
  return [kernel.target, ...options];
}

// It is made in less than a minute: any change of how is worth that.
function distributionOptions(kernel) {
  const directory = join(here, 'distribution');
  const files = readdirSync(directory).sort();
  return [JSON.stringify(kernel), ...files.map((name) => readFileSync(join(directory, name), 'utf8'))];
}
