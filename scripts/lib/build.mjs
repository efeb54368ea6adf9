// The builds in the checkout: the native addon, and what TypeScript compiles. Each is skipped while it is that of
// its sources.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { areCached, cachedAddon, keepAddon, replaceFile } from './addon-cache.mjs';
import { keepReachable } from './declarations.mjs';
import { Failure } from './failure.mjs';
import { buildDirectory, checkout, logDirectory } from './paths.mjs';
import { runLogged } from './processes.mjs';
import { beginStep } from './progress.mjs';
import { hashOf, hasStamp, writeStamp } from './stamp.mjs';

/** What the second addon needs, as native/Makefile has it. */
export const GSTREAMER_MODULES = [
  'gstreamer-1.0',
  'gstreamer-base-1.0',
  'gstreamer-video-1.0',
  'gstreamer-allocators-1.0',
];

const stampOf = (name) => join(buildDirectory, 'stamps', name);
export const tool = (path) => join(checkout, 'node_modules', path);

/** The addons, by native/Makefile, into build/Release. */
export async function buildAddon() {
  // What the Makefile looks for: installed later, it is a reason to build.
  const gstreamer = versionsOf(...GSTREAMER_MODULES);
  // Objects of another compiler or with other headers look up to date to make.
  const objects = hashOf('/', ['etc/os-release'], [packagesHash(), ...toolchain(), gstreamer]);
  const hash = hashOf(checkout, ['native'], [objects]);
  const release = join(buildDirectory, 'Release');
  if (hasStamp(stampOf('addon'), hash) && existsSync(release)) return;
  const addons = ['dmaflow', ...(gstreamer ? ['dmaflow_gst'] : [])].map((addon) => ({
    name: `${addon}-${hash.slice(0, 16)}`,
    file: join(release, `${addon}.node`),
  }));
  if (!existsSync(release) && areCached(addons.map(({ name }) => name))) {
    for (const { name, file } of addons) await replaceFile(cachedAddon(name), file);
    writeStamp(stampOf('addon'), hash);
    return;
  }
  if (!hasStamp(stampOf('addon-objects'), objects)) rmSync(release, { recursive: true, force: true });
  const args = ['-C', 'native', '-j', String(availableParallelism()), 'WERROR=1'];
  await step('Building the addon', 'make', args);
  writeStamp(stampOf('addon-objects'), objects);
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
    'scripts/lib/declarations.mjs',
    'scripts/lib/first-start.mjs',
  ];
  const sources = ['src', 'samples', ...configurations, 'package.json', 'package-lock.json'];
  // The code cache is for one Node, and for one place.
  const hash = hashOf(checkout, sources, [process.version, process.arch, checkout]);
  const dist = join(checkout, 'dist');
  if (hasStamp(stampOf('typescript'), hash) && existsSync(dist)) return;
  // Not before the packages are there.
  const { bundle } = await import('./bundle.mjs');
  const finish = async (output) => {
    keepReachable(output);
    await bundle(output);
  };
  await compile('Compiling the library', 'tsconfig.build.json', dist, finish);
  makeCodeCache(join(dist, 'cache'));
  linkCommands();
  await compile('Compiling the samples', 'samples/tsconfig.json', join(buildDirectory, 'samples'));
  writeStamp(stampOf('typescript'), hash);
}

// As a user's first run leaves it in the user's cache: every run on the emulated board, whose files are read-only, would be a first one.
function makeCodeCache(folder) {
  const program = join(checkout, 'scripts/lib/first-start.mjs');
  const env = { ...process.env, DMAFLOW_CODE_CACHE: folder, NODE_OPTIONS: '' };
  const { status, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  if (status !== 0) throw new Failure(`The library's code cache cannot be made: ${stderr}`);
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
  const { CXX = 'g++', CXXFLAGS, CPPFLAGS, LDFLAGS } = process.env;
  const [compiler = '', ...options] = CXX.split(' ');
  const { stdout } = spawnSync(compiler, [...options, '--version'], { encoding: 'utf8' });
  const flags = [CXX, CXXFLAGS, CPPFLAGS, LDFLAGS].map((each) => each ?? '');
  return [process.version, nodeHeaders() ?? '', stdout ?? '', versionsOf('libdrm'), ...flags];
}

/** The npm packages that an addon is compiled with, by their lock. */
export const packagesHash = () => hashOf(checkout, ['package-lock.json']);

// What Node brings along, as most distributions' do; for node-gtk, which node-gyp would fetch them for.
export function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/uv.h')) ? prefix : undefined;
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
