// The libraries of a target that are linked into its prebuilt addons, and the headers that these need: made once and
// kept in the cache.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../lib/lock.mjs';
import { cacheDirectory } from '../lib/paths.mjs';
import { runLogged } from '../lib/processes.mjs';
import { beginStep, say } from '../lib/progress.mjs';
import { hashOf } from '../lib/stamp.mjs';
import { onTermination } from '../lib/termination.mjs';
import { fetchDevelopment, fetchSources } from './packages.mjs';
import { toolOf } from './targets.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const MAKERS = ['libraries.mjs', 'libyuv.mk', 'packages.mjs'];

/** What libraries and addons are compiled with: another compiler makes other ones. */
export function compilerVersion(target) {
  const { stdout } = spawnSync(toolOf(target, 'g++'), ['--version'], { encoding: 'utf8' });
  return stdout ?? '';
}

/**
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<string>} a folder with `root` (Debian's development files), `include` and `lib` (libyuv, libjpeg),
 *   and `notices.txt`, the licences of what is linked in
 */
export async function librariesFor(target) {
  const key = hashOf(here, MAKERS, [JSON.stringify(target), compilerVersion(target)]).slice(0, 16);
  const folder = join(cacheDirectory(), 'prebuild', `${target.name}-${key}`);
  const waiting = (pid) => say(`Process ${pid} is making the libraries for ${target.name}; waiting for it.`);
  if (existsSync(folder)) return folder;
  return withLock(join(dirname(folder), `${target.name}.lock`), waiting, async () => {
    if (!existsSync(folder)) await makeLibraries(target, folder);
    return folder;
  });
}

async function makeLibraries(target, folder) {
  const work = await mkdtemp(join(dirname(folder), `.make-${target.name}-`));
  const removeWork = () => rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  const release = onTermination(removeWork);
  const log = join(dirname(folder), `${target.name}.log`);
  rmSync(log, { force: true });
  const step = beginStep(`Making the libraries for ${target.name}`);
  try {
    const result = join(work, 'result');
    step.update('sources');
    const sources = await fetchSources(join(work, 'sources'), log);
    await fetchDevelopment(target, join(work, 'development'), join(result, 'root'), log);
    step.update('libjpeg-turbo');
    const jpeg = await makeJpeg(target, sources['libjpeg-turbo'].folder, join(work, 'jpeg'), log);
    step.update('libyuv');
    await makeYuv(target, sources.libyuv.folder, { ...jpeg, out: join(work, 'yuv') }, log);
    await mkdir(join(result, 'lib'));
    await cp(join(work, 'jpeg/libjpeg.a'), join(result, 'lib/libjpeg.a'));
    await cp(join(work, 'yuv/libyuv.a'), join(result, 'lib/libyuv.a'));
    await cp(join(sources.libyuv.folder, 'include'), join(result, 'include'), { recursive: true });
    await writeFile(join(result, 'notices.txt'), await notices(sources, join(result, 'root')));
    await rename(result, folder);
  } catch (error) {
    step.failed();
    throw error;
  } finally {
    release();
    removeWork();
  }
  step.done();
}

// By its own CMake file, which knows the assembler and the vector instructions of each processor.
async function makeJpeg(target, source, out, log) {
  const options = {
    CMAKE_SYSTEM_NAME: 'Linux',
    CMAKE_SYSTEM_PROCESSOR: target.triplet.split('-')[0],
    CMAKE_C_COMPILER: toolOf(target, 'gcc'),
    CMAKE_AR: `/usr/bin/${toolOf(target, 'ar')}`,
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_POSITION_INDEPENDENT_CODE: '1',
    CMAKE_C_FLAGS: `-fvisibility=hidden -ffunction-sections -fdata-sections -ffile-prefix-map=${source}=. -ffile-prefix-map=${out}=.`,
    ENABLE_SHARED: '0',
    WITH_TURBOJPEG: '0',
    REQUIRE_SIMD: '1',
  };
  const args = Object.entries(options).map(([name, value]) => `-D${name}=${value}`);
  await runLogged('cmake', ['-S', source, '-B', out, ...args], { log, append: true });
  const build = ['--build', out, '--target', 'jpeg-static', '--parallel', String(availableParallelism())];
  await runLogged('cmake', build, { log, append: true });
  return { headers: [source, out] };
}

async function makeYuv(target, source, { headers, out }, log) {
  const variables = {
    CXX: toolOf(target, 'g++'),
    AR: toolOf(target, 'ar'),
    SOURCE: source,
    OUT: out,
    JPEG: headers.join(' '),
    YUV_FLAGS: (target.yuvFlags ?? []).join(' '),
    NEON_FLAGS: (target.neonFlags ?? []).join(' '),
  };
  const args = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const jobs = ['-j', String(availableParallelism())];
  await runLogged('make', ['-f', join(here, 'libyuv.mk'), ...jobs, ...args], { log, append: true });
}

// Their licences ask for it.
async function notices(sources, root) {
  const texts = [
    [`libyuv ${sources.libyuv.version}`, join(sources.libyuv.folder, 'LICENSE')],
    [
      `libjpeg-turbo ${sources['libjpeg-turbo'].version}; this software is based in part on the work of the Independent JPEG Group`,
      join(sources['libjpeg-turbo'].folder, 'LICENSE.md'),
    ],
    ['libdrm', join(root, 'usr/share/doc/libdrm-dev/copyright')],
  ];
  const parts = [];
  for (const [title, path] of texts) parts.push(`== ${title}\n\n${(await readFile(path, 'utf8')).trim()}\n`);
  return `The prebuilt addons contain these libraries, as Debian has them.\n\n${parts.join('\n')}`;
}
