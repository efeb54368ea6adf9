// The kernel of a board: out of the cache, or built once and put there.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { withLock } from '../../../scripts/lib/lock.mjs';
import { cacheDirectory } from '../../../scripts/lib/paths.mjs';
import { beginStep, say } from '../../../scripts/lib/progress.mjs';
import { onTermination } from '../../../scripts/lib/termination.mjs';
import { defaultBoard } from './boards.mjs';
import { buildKernel } from './kernel-build.mjs';
import { fetchKernelPackage, findKernelPackage } from './kernel-package.mjs';

/** Of one processor's time, about; it differs from machine to machine. */
const SECONDS_PER_OBJECT = 0.45;

const fragmentDirectory = join(dirname(fileURLToPath(import.meta.url)), 'kernel');

/**
 * The path of the board's kernel image. DMAFLOW_BOARD_KERNEL names one of the user's own for the default board,
 * DMAFLOW_BOARD_KERNEL_ARM64 and DMAFLOW_BOARD_KERNEL_X86_64_6_12 for the others.
 * @param {import('./boards.mjs').Board} board
 */
export async function boardKernel(board) {
  if (board.host && process.arch !== board.host) {
    throw new Failure(
      `The emulated board runs the programs of the machine it is on, so it needs an ${board.host} machine; ` +
        `this one is ${process.arch}.`,
    );
  }
  const variable = kernelVariable(board);
  const own = process.env[variable];
  if (own) {
    if (!existsSync(own)) throw new Failure(`${variable} names '${own}', which does not exist.`);
    return own;
  }
  const cached = cachedKernel(board);
  if (cached) return cached;

  const directory = kernelDirectory();
  const waiting = (pid) =>
    say(`Process ${pid} is building the kernel of the board ${board.name}; waiting for it.`);
  return withLock(join(directory, `${board.name}.lock`), waiting, async () => {
    return cachedKernel(board) ?? (await buildIntoCache(board, directory));
  });
}

/** The environment variable with which a user names a kernel of his own. */
export function kernelVariable(board) {
  if (board === defaultBoard) return 'DMAFLOW_BOARD_KERNEL';
  return `DMAFLOW_BOARD_KERNEL_${board.name.toUpperCase().replaceAll(/\W/g, '_')}`;
}

/** The newest kernel in the cache that was built with the board's present options, or undefined. */
export function cachedKernel(board) {
  const directory = kernelDirectory();
  if (!existsSync(directory)) return undefined;
  const options = optionsHash(board);
  return readdirSync(directory)
    .map((name) => readRecord(join(directory, name)))
    .filter((record) => record?.board === board.name && record.options === options)
    .sort((a, b) => a.built.localeCompare(b.built))
    .at(-1)?.image;
}

/** Has the board a kernel, in the cache or of the user's own? */
export function hasKernel(board) {
  return Boolean(process.env[kernelVariable(board)]) || cachedKernel(board) !== undefined;
}

/**
 * Says what building is ahead before these boards can run, and about how long it takes.
 * @param {Iterable<import('./boards.mjs').Board>} boards
 */
export function announceKernels(boards) {
  const unbuilt = [...new Set(boards)].filter((board) => !hasKernel(board));
  if (unbuilt.length === 0) return;
  const names = unbuilt.map(({ name }) => name).join(', ');
  say(`Kernels to build, once, for emulated boards: ${names}; ${buildTime(unbuilt)}.`);
}

function buildTime(boards) {
  const objects = boards.reduce((sum, { kernel }) => sum + kernel.objects, 0);
  const processors = availableParallelism();
  const minutes = Math.ceil((objects * SECONDS_PER_OBJECT) / processors / 60);
  return `about ${minutes} min on ${processors} idle processors`;
}

async function buildIntoCache(board, directory) {
  const prefix = `.build-${board.name}.`;
  const abandoned = readdirSync(directory).filter((name) => name.startsWith(prefix));
  for (const name of abandoned) await rm(join(directory, name), { recursive: true, force: true });
  const work = await mkdtemp(join(directory, prefix));
  const removeWork = () => rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  const release = onTermination(removeWork);
  const log = join(directory, `${board.name}.log`);
  await rm(log, { force: true });
  try {
    say(
      `The board ${board.name} needs a kernel; it is built once, in ${buildTime([board])}, and kept in ${directory}.`,
    );
    const source = await findKernelPackage(board.kernel, work, log);
    const fetching = beginStep(`Fetching ${source.name} ${source.version}`);
    const percent = (bytes) =>
      `${Math.min(100, Math.round((bytes / source.bytes) * 100))} % of ${megabytes(source)}`;
    const archive = await fetchKernelPackage(source, join(work, 'package'), log, (bytes) => {
      fetching.update(percent(bytes));
    });
    fetching.done(megabytes(source));

    const built = await buildKernel({
      kernel: board.kernel,
      archive,
      fragments: fragmentPaths(board),
      work,
      log,
    });
    const result = join(work, 'result');
    await mkdir(result);
    await copyFile(built.image, join(result, board.kernel.target));
    await copyFile(built.config, join(result, 'config'));
    const record = {
      board: board.name,
      source: source.name,
      version: source.version,
      options: optionsHash(board),
      built: new Date().toISOString(),
      image: board.kernel.target,
    };
    await writeFile(join(result, 'kernel.json'), `${JSON.stringify(record, null, 2)}\n`);

    const key = createHash('sha256')
      .update(`${source.version}\n${record.options}`)
      .digest('hex')
      .slice(0, 16);
    const final = join(directory, key);
    await rm(final, { recursive: true, force: true });
    await rename(result, final);
    return join(final, board.kernel.target);
  } finally {
    release();
    removeWork();
  }
}

function kernelDirectory() {
  return join(cacheDirectory(), 'kernel');
}

function fragmentPaths(board) {
  return board.kernel.fragments.map((name) => join(fragmentDirectory, name));
}

// Over the options alone: neither a comment nor the file that an option stands in is worth a build.
function optionsHash({ name, kernel }) {
  const options = fragmentPaths({ kernel })
    .flatMap((path) => readFileSync(path, 'utf8').match(/^(# )?CONFIG_\w+(=.*| is not set)$/gm))
    .sort();
  const text = [name, kernel.architecture, kernel.target, ...options].join('\n');
  return createHash('sha256').update(text).digest('hex');
}

function readRecord(directory) {
  const path = join(directory, 'kernel.json');
  if (!existsSync(path)) return undefined;
  const record = JSON.parse(readFileSync(path, 'utf8'));
  return { ...record, image: join(directory, record.image) };
}

function megabytes({ bytes }) {
  return `${Math.round(bytes / 1e6)} MB`;
}
