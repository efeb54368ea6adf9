// The addon for arm64, cross-built on this machine: prebuilds/linux-arm64/dmaflow.node, which node-gyp-build finds
// beside the package's own build. docs/cross-build.md is about its use.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cachedAddon, keepAddon, replaceFile } from './addon-cache.mjs';
import { arm64Root } from './arm64-root.mjs';
import { nodeHeaders, step, tool } from './build.mjs';
import { withLock } from './lock.mjs';
import { buildDirectory, checkout } from './paths.mjs';
import { say } from './progress.mjs';
import { hashOf } from './stamp.mjs';

export const CROSS_COMPILER = 'aarch64-linux-gnu-';
export const arm64Addon = join(checkout, 'prebuilds/linux-arm64/dmaflow.node');

const tree = join(buildDirectory, 'arm64');
const SOURCES = ['native', 'binding.gyp', 'package.json', 'node_modules'];

/**
 * Builds the addon for arm64 where it is not in the cache, and puts it into prebuilds/.
 * @param {{ sysroot?: string }} [options] `sysroot`: root of the target with the development files of the libraries; a
 *   Debian one is made when absent
 * @returns {Promise<string>} its path
 */
export async function buildArm64Addon({ sysroot } = {}) {
  const root = sysroot ?? (await arm64Root());
  const waiting = (pid) => say(`Process ${pid} is building the addon for arm64; waiting for it.`);
  await withLock(join(buildDirectory, 'arm64.lock'), waiting, async () => {
    const hash = hashOf(
      checkout,
      ['native', 'binding.gyp', 'package-lock.json'],
      [root, nodeHeaders() ?? ''],
    );
    const name = `arm64-${hash.slice(0, 16)}`;
    const cached = cachedAddon(name);
    // A sysroot of the user's own may change under its name.
    if (sysroot || !existsSync(cached)) {
      await crossBuild(root);
      await keepAddon(name, join(tree, 'build/Release/dmaflow.node'));
    }
    if (hashOf('/', [arm64Addon]) !== hashOf('/', [cached])) await replaceFile(cached, arm64Addon);
  });
  return arm64Addon;
}

// In a tree of its own, of links to the sources: node-gyp builds into build/, where this machine's own addon is.
async function crossBuild(root) {
  mkdirSync(tree, { recursive: true });
  for (const name of SOURCES) {
    rmSync(join(tree, name), { force: true });
    symlinkSync(join(checkout, name), join(tree, name));
  }
  const headers = nodeHeaders();
  const compiler = (name) => `${CROSS_COMPILER}${name}`;
  const env = {
    ...process.env,
    CC: compiler('gcc'),
    CXX: compiler('g++'),
    AR: compiler('ar'),
    // After the compiler's own C library, for libraries without a pkg-config file.
    CXXFLAGS: `-idirafter ${root}/usr/include`,
    LDFLAGS: `-L${libraries(root)} -Wl,-rpath-link,${libraries(root)}`,
    // No library of this machine: what pkg-config finds is the sysroot's.
    PKG_CONFIG_LIBDIR: `${libraries(root)}/pkgconfig:${root}/usr/lib/pkgconfig:${root}/usr/share/pkgconfig`,
    PKG_CONFIG_SYSROOT_DIR: root,
    ...(headers ? { npm_config_nodedir: headers } : {}),
  };
  const jobs = ['--jobs', String(availableParallelism())];
  const args = [tool('node-gyp/bin/node-gyp.js'), 'configure', 'build', '--arch=arm64', ...jobs];
  await step('Building the addon for arm64', process.execPath, args, { cwd: tree, env });
}

// Debian's and its descendants' multiarch directory; Yocto and Buildroot have none.
function libraries(root) {
  const multiarch = join(root, 'usr/lib/aarch64-linux-gnu');
  return existsSync(multiarch) ? multiarch : join(root, 'usr/lib');
}
