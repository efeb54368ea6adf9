// Prebuilt addons: native/Makefile with the compiler and the libraries of a target, into prebuilds/ of the checkout.
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { areCached, cachedAddon, keepAddon, replaceFile } from '../lib/addon-cache.mjs';
import { packagesHash, step } from '../lib/build.mjs';
import { withLock } from '../lib/lock.mjs';
import { buildDirectory, checkout } from '../lib/paths.mjs';
import { say } from '../lib/progress.mjs';
import { hashOf } from '../lib/stamp.mjs';
import { compilerVersion, librariesFor } from './libraries.mjs';
import { LIBC, toolOf } from './targets.mjs';

/** @param {import('./targets.mjs').Target} target @returns {string[]} the paths of its addons, there or not */
export const prebuiltFiles = (target) => target.addons.map((addon) => prebuiltFile(target, addon));

const prebuiltFile = (target, addon) => join(checkout, 'prebuilds', target.name, `${addon}.${LIBC}.node`);

/**
 * Takes a target's addons from the cache, or builds them.
 * @param {import('./targets.mjs').Target} target
 * @returns {Promise<string[]>} their paths, in prebuilds/
 */
export async function buildPrebuilt(target) {
  const libraries = await librariesFor(target);
  const waiting = (pid) => say(`Process ${pid} is building the addons for ${target.name}; waiting for it.`);
  await withLock(join(buildDirectory, `${target.name}.lock`), waiting, async () => {
    const objects = hashOf(
      checkout,
      ['scripts/prebuild/addons.mjs'],
      [packagesHash(), libraries, compilerVersion(target)],
    );
    const key = hashOf(checkout, ['native'], [objects]).slice(0, 16);
    const nameOf = (addon) => `${target.name}-${addon}-${key}`;
    if (!areCached(target.addons.map(nameOf))) {
      const out = join(buildDirectory, 'prebuild', `${target.name}-${objects.slice(0, 16)}`);
      await build(target, libraries, out);
      for (const addon of target.addons) await keepAddon(nameOf(addon), join(out, `${addon}.node`));
    }
    for (const addon of target.addons)
      await putInPlace(cachedAddon(nameOf(addon)), prebuiltFile(target, addon));
    await copyFile(join(libraries, 'notices.txt'), join(checkout, 'prebuilds/NOTICES.txt'));
  });
  return prebuiltFiles(target);
}

// A file that is right is left alone: something may be running from it.
async function putInPlace(source, target) {
  await mkdir(dirname(target), { recursive: true });
  if (existsSync(target) && hashOf('/', [target.slice(1)]) === hashOf('/', [source.slice(1)], [])) return;
  await replaceFile(source, target);
}

async function build(target, libraries, out) {
  const { root, lib, include } = {
    root: join(libraries, 'root/usr'),
    lib: join(libraries, 'lib'),
    include: join(libraries, 'include'),
  };
  const system = (...folders) => folders.map((folder) => `-isystem ${folder}`).join(' ');
  const archives = join(root, 'lib', target.triplet);
  const variables = {
    OUT: out,
    CXX: toolOf(target, 'g++'),
    WERROR: '1',
    ADDONS: target.addons.join(' '),
    UV_CFLAGS: '',
    // libuv's headers lie beside the folders of the others.
    DRM_CFLAGS: system(join(root, 'include/libdrm'), join(root, 'include')),
    DRM_LIBS: join(archives, 'libdrm.a'),
    YUV_CFLAGS: system(include),
    YUV_LIBS: `${join(lib, 'libyuv.a')} ${join(lib, 'libjpeg.a')}`,
    GST_CFLAGS: system(
      join(root, 'include/gstreamer-1.0'),
      join(root, 'include/glib-2.0'),
      join(archives, 'glib-2.0/include'),
    ),
    GST_LIBS: `-L${archives} -lgstvideo-1.0 -lgstbase-1.0 -lgstallocators-1.0 -lgstreamer-1.0 -lgobject-2.0 -lglib-2.0`,
    CXXFLAGS: '',
    CPPFLAGS: '',
    // libgcc stays Node's own: what unwinds an exception is one for the whole process.
    LDFLAGS: '-static-libstdc++ -Wl,--strip-all -Wl,--build-id=none',
  };
  const args = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const jobs = ['-j', String(availableParallelism())];
  await step(`Building the addons for ${target.name}`, 'make', ['-C', 'native', ...jobs, ...args]);
}
