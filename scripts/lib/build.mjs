// The builds in the checkout: the native addon, and what TypeScript compiles. Each is skipped while it is that of
// its sources.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { areCached, cachedAddon, keepAddon, replaceFile } from './addon-cache.mjs';
import { buildDirectory, checkout, logDirectory } from './paths.mjs';
import { runLogged } from './processes.mjs';
import { beginStep } from './progress.mjs';
import { hashOf, hasStamp, writeStamp } from './stamp.mjs';

/** What the second addon needs, as binding.gyp has it. */
export const GSTREAMER_MODULES = [
  'gstreamer-1.0',
  'gstreamer-base-1.0',
  'gstreamer-video-1.0',
  'gstreamer-allocators-1.0',
];

const stampOf = (name) => join(buildDirectory, 'stamps', name);
export const tool = (path) => join(checkout, 'node_modules', path);

/** The addon, by node-gyp, into build/Release. */
export async function buildAddon() {
  const node = [process.versions.modules, process.arch, nodeHeaders() ?? ''];
  // What binding.gyp looks for: installed later, it is a reason to configure again.
  const gstreamer = [versionsOf(...GSTREAMER_MODULES)];
  const hash = hashOf(checkout, ['native', 'binding.gyp', 'package-lock.json'], [...node, ...gstreamer]);
  const release = join(buildDirectory, 'Release');
  if (hasStamp(stampOf('addon'), hash) && existsSync(release)) return;
  const key = hashOf('/', ['etc/os-release'], [hash, ...toolchain()]).slice(0, 16);
  const addons = ['dmaflow', ...(gstreamer[0] ? ['dmaflow_gst'] : [])].map((addon) => ({
    name: `${addon}-${key}`,
    file: join(release, `${addon}.node`),
  }));
  if (!existsSync(release) && areCached(addons.map(({ name }) => name))) {
    for (const { name, file } of addons) await replaceFile(cachedAddon(name), file);
    writeStamp(stampOf('addon'), hash);
    return;
  }
  const parts = [
    { stamp: stampOf('addon-node'), made: hashOf(checkout, ['binding.gyp'], node), paths: [release] },
    {
      stamp: stampOf('addon-gstreamer'),
      made: hashOf(checkout, [], gstreamer),
      paths: ['obj.target/dmaflow_gst', 'dmaflow_gst.node'].map((path) => join(release, path)),
    },
  ];
  // Objects of other headers look up to date to make.
  for (const { stamp, made, paths } of parts) {
    if (hasStamp(stamp, made)) continue;
    for (const path of paths) rmSync(path, { recursive: true, force: true });
  }
  const args = ['configure', 'build', '--jobs', String(availableParallelism())];
  const headers = nodeHeaders();
  const env = headers ? { ...process.env, npm_config_nodedir: headers } : process.env;
  await step('Building the addon', process.execPath, [tool('node-gyp/bin/node-gyp.js'), ...args], { env });
  for (const { stamp, made } of parts) writeStamp(stamp, made);
  for (const { name, file } of addons) await keepAddon(name, file);
  writeStamp(stampOf('addon'), hash);
}

/** The library into dist/, the samples into build/samples. */
export async function buildTypeScript() {
  const configurations = [
    'tsconfig.json',
    'tsconfig.build.json',
    'samples/tsconfig.json',
    'scripts/lib/bundle.mjs',
  ];
  const sources = ['src', 'samples', ...configurations, 'package.json', 'package-lock.json'];
  // The code cache is for one Node, and for one place.
  const hash = hashOf(checkout, sources, [process.version, process.arch, checkout]);
  const dist = join(checkout, 'dist');
  if (hasStamp(stampOf('typescript'), hash) && existsSync(dist)) return;
  // Not before the packages are there.
  const { bundle, makeCodeCache } = await import('./bundle.mjs');
  await compile('Compiling the library', 'tsconfig.build.json', dist, bundle);
  makeCodeCache(dist);
  linkCommands();
  await compile('Compiling the samples', 'samples/tsconfig.json', join(buildDirectory, 'samples'));
  writeStamp(stampOf('typescript'), hash);
}

// Beside the old output, which is replaced at once: a program or a board that runs from it never sees half of it.
async function compile(title, project, output, finish = async () => {}) {
  const fresh = `${output}.new`;
  const old = `${output}.old`;
  rmSync(fresh, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  try {
    const tsc = tool('typescript/bin/tsc');
    await step(title, process.execPath, [tsc, '-p', project, '--outDir', fresh, '--noEmitOnError']);
    await finish(fresh);
    if (existsSync(output)) renameSync(output, old);
    renameSync(fresh, output);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

// The package's own commands, where npm puts those of its dependencies: `npx dmaflow` then needs no installation.
function linkCommands() {
  const { bin } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  for (const [name, path] of Object.entries(bin)) {
    const link = join(checkout, 'node_modules/.bin', name);
    const target = join(checkout, path);
    if (!existsSync(target)) continue;
    chmodSync(target, 0o755);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), target), link);
  }
}

// What else an addon is made with: one of another compiler or with other flags is another one.
function toolchain() {
  const { CC, CXX = 'g++', CFLAGS, CXXFLAGS, CPPFLAGS, LDFLAGS } = process.env;
  const [compiler = '', ...options] = CXX.split(' ');
  const { stdout } = spawnSync(compiler, [...options, '--version'], { encoding: 'utf8' });
  const flags = [CC, CXX, CFLAGS, CXXFLAGS, CPPFLAGS, LDFLAGS].map((each) => each ?? '');
  return [process.version, stdout ?? '', versionsOf('libdrm'), ...flags];
}

// A distribution's Node brings its headers along; without them node-gyp fetches them.
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node.h')) ? prefix : undefined;
}

// Empty where one is not there.
function versionsOf(...modules) {
  const { status, stdout } = spawnSync('pkg-config', ['--modversion', ...modules], { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

export async function step(title, program, args, options = {}) {
  const log = join(logDirectory, `${title.toLowerCase().replaceAll(' ', '-')}.log`);
  await beginStep(title).run(() => runLogged(program, args, { cwd: checkout, log, ...options }));
}
