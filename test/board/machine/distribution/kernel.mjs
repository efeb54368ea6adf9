// The distribution's own kernel as a board's, with what it lacks as modules: ready in less than a minute, where building one takes
// many.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../scripts/lib/failure.mjs';
import { runLogged } from '../../../../scripts/lib/processes.mjs';
import { beginStep } from '../../../../scripts/lib/progress.mjs';
import { addToCache, keepFailure, knownFailure } from '../kernel-cache.mjs';
import { fetchAll } from '../kernel-package.mjs';
import { unpackSource } from '../source-archive.mjs';
import { makeInitramfs } from './initramfs.mjs';
import { buildModules, ModulesDoNotBuild } from './modules.mjs';
import { findPackages } from './packages.mjs';

export { ModulesDoNotBuild };

/**
 * @param {import('../boards.mjs').Board} board
 * @param {{ log: string, tools: Promise<void> }} options `tools`: resolves when compilers are installed
 * @returns {Promise<import('../kernel-cache.mjs').KernelFiles>}
 * @throws {ModulesDoNotBuild} where this machine's compiler cannot build modules for it
 */
export async function distributionKernel(board, { log, tools }) {
  const known = knownFailure(board, compilerVersion());
  if (known) throw new ModulesDoNotBuild(`${known.failure} (Delete ${known.directory} to try again.)`);
  await rm(log, { force: true });
  return addToCache(board, async (work, result) => {
    const fetching = beginStep("Fetching Debian's kernel");
    const packages = await fetching.run(
      async () => {
        const found = await findPackages(board.kernel, work, log);
        const megabytes = `${Math.round(found.bytes / 1e6)} MB`;
        await fetchAll(found.fetches, join(work, 'packages'), log, (bytes) => {
          fetching.update(`${Math.round((bytes / found.bytes) * 100)} % of ${megabytes}`);
        });
        return found;
      },
      ({ release, bytes }) => `${release}, ${Math.round(bytes / 1e6)} MB`,
    );
    await tools;
    const preparing = beginStep("Preparing Debian's kernel");
    try {
      await preparing.run(() =>
        prepare(board.kernel, packages, { work, result, log, update: preparing.update }),
      );
    } catch (error) {
      if (error instanceof ModulesDoNotBuild) await keepFailure(board, compilerVersion(), error.message);
      throw error;
    }
    const { release, version, source } = packages;
    return { source, version, release, image: 'kernel', initramfs: 'initramfs' };
  });
}

// Empty where there is none yet.
function compilerVersion() {
  const { stdout } = spawnSync('gcc', ['--version'], { encoding: 'utf8' });
  return stdout?.split('\n')[0] ?? '';
}

async function prepare(kernel, { release, source: sourceName }, { work, result, log, update }) {
  const root = join(work, 'root');
  const source = join(work, 'source');
  const archives = (await readdir(join(work, 'packages'))).map((name) => join(work, 'packages', name));
  const [archive] = archives.filter((path) => path.includes(`/${sourceName}_`));
  await mkdir(root);
  update('unpacking');
  await Promise.all([
    unpackSource(archive, source, { only: kernel.extra.map(({ directory }) => directory) }),
    ...archives
      .filter((path) => path !== archive)
      .map((path) => runLogged('dpkg-deb', ['-x', path, root], { log, append: true })),
  ]);
  update(`building modules for ${release}`);
  const extra = await buildModules(kernel, { root, release, source, work, log });
  update('packing modules');
  await makeInitramfs(kernel, { root, release, extra, work, log }, join(result, 'initramfs'));
  await writeImage(await imageIn(root, release), join(result, 'kernel'));
  await copyFile(join(root, 'usr/src', `linux-headers-${release}`, '.config'), join(result, 'config'));
  await rm(root, { recursive: true });
}

async function imageIn(root, release) {
  const places = [join(root, 'usr/lib/modules', release), join(root, 'boot')];
  for (const place of places) {
    const names = await readdir(place).catch(() => []);
    const name = names.find((each) => each.startsWith('vmlinuz'));
    if (name) return join(place, name);
  }
  throw new Failure(`The packages of the kernel ${release} hold no vmlinuz in ${places.join(' or ')}.`);
}

/**
 * Writes what QEMU boots. Inside of a bzImage is a kernel, compressed; emulated, unpacking takes seconds, so the kernel itself is
 * taken out where its compression is known (Documentation/arch/x86/boot.rst, payload_offset and payload_length).
 */
async function writeImage(vmlinuz, target) {
  const image = readFileSync(vmlinuz);
  const setupSectors = image.readUInt8(0x1f1) || 4;
  const begin = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  // Its last four bytes are the unpacked length, which only the kernel's own decompressor expects there.
  const payload = image.subarray(begin, begin + image.readUInt32LE(0x24c) - 4);
  const isZstandard = payload.length > 4 && payload.readUInt32LE(0) === 0xfd2fb528;
  if (!isZstandard) return copyFile(vmlinuz, target);
  const output = openSync(target, 'w');
  try {
    const { status } = spawnSync('zstd', ['-dc'], { input: payload, stdio: ['pipe', output, 'inherit'] });
    if (status !== 0) await writeFile(target, image);
  } finally {
    closeSync(output);
  }
}
