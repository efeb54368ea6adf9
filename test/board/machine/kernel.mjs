// The kernel of a board: out of the cache, or made once and put there.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { withLock } from '../../../scripts/lib/lock.mjs';
import { say } from '../../../scripts/lib/progress.mjs';
import { boards, defaultBoard } from './boards.mjs';
import { distributionKernel, ModulesDoNotBuild } from './distribution/kernel.mjs';
import { addToCache, cachedKernel, kernelDirectory } from './kernel-cache.mjs';
import { sourceKernel } from './source-kernel.mjs';

/** Of one processor's time, about; it differs from machine to machine. */
const SECONDS_PER_OBJECT = 0.45;

/**
 * What the board boots. DMAFLOW_BOARD_KERNEL names a kernel of the user's own for the default board, with all drivers built in;
 * DMAFLOW_BOARD_KERNEL_ARM64, DMAFLOW_BOARD_KERNEL_X86_64 and so on for the others.
 * @param {import('./boards.mjs').Board} board
 * @param {{ tools?: Promise<void> }} [options] `tools`: resolves when compilers and the like are installed; what needs none
 *   of them, such as fetching, is done meanwhile
 * @returns {Promise<import('./kernel-cache.mjs').KernelFiles>}
 */
export async function boardKernel(board, { tools = Promise.resolve() } = {}) {
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
    return { image: own };
  }
  return cachedKernel(board) ?? (await makeOrFallBack(board, tools));
}

/** The environment variable with which a user names a kernel of his own. */
export function kernelVariable(board) {
  if (board === defaultBoard) return 'DMAFLOW_BOARD_KERNEL';
  return `DMAFLOW_BOARD_KERNEL_${board.name.toUpperCase().replaceAll(/\W/g, '_')}`;
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
  const unbuilt = [...new Set(boards)].filter((board) => isBuiltFromSource(board) && !hasKernel(board));
  if (unbuilt.length === 0) return;
  const names = unbuilt.map(({ name }) => name).join(', ');
  say(`Kernels to build, once, for emulated boards: ${names}; ${buildTime(unbuilt)}.`);
}

/** Does it take minutes to make this board's kernel? */
export function isBuiltFromSource({ kernel }) {
  return kernel.fragments !== undefined;
}

function buildTime(boards) {
  const objects = boards.reduce((sum, { kernel }) => sum + kernel.objects, 0);
  const processors = availableParallelism();
  const minutes = Math.ceil((objects * SECONDS_PER_OBJECT) / processors / 60);
  return `about ${minutes} min on ${processors} idle processors`;
}

async function makeOrFallBack(board, tools) {
  try {
    return await makeOnce(board, tools);
  } catch (error) {
    if (!(error instanceof ModulesDoNotBuild) || !board.fallback) throw error;
    say(
      `${error.message}\nInstead the kernel of the board ${board.fallback} is used, which is built from source.`,
    );
    return boardKernel(boards[board.fallback], { tools });
  }
}

// One process makes it, others wait for that.
async function makeOnce(board, tools) {
  const directory = kernelDirectory();
  const waiting = (pid) =>
    say(`Process ${pid} is making the kernel of the board ${board.name}; waiting for it.`);
  return withLock(join(directory, `${board.name}.lock`), waiting, async () => {
    const cached = cachedKernel(board);
    if (cached) return cached;
    const log = join(directory, `${board.name}.log`);
    if (!isBuiltFromSource(board)) return distributionKernel(board, { log, tools });
    await tools;
    await rm(log, { force: true });
    say(
      `The board ${board.name} needs a kernel; it is built once, in ${buildTime([board])}, and kept in ${directory}.`,
    );
    return addToCache(board, (work, result) => sourceKernel(board.kernel, { work, result, log }));
  });
}
