/** Finds and loads an addon of this package (`native/`): one that was built here, else a prebuilt one. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { machine } from 'node:os';
import { join } from 'node:path';
import { type AddonName, type Host, whyItDoesNotLoad, whyThereIsNone } from './addon-errors';
import { MODULE_FOLDER, PACKAGE_FOLDER } from './package-folder';

interface Folders {
  /** Of this package. */
  packageFolder: string;
  /** Of the file that runs, which is elsewhere where a bundler has put it. */
  moduleFolder: string;
}

const OWN: Folders = { packageFolder: PACKAGE_FOLDER, moduleFolder: MODULE_FOLDER };

/**
 * Loads an addon. Its file is `build/Release/NAME.node` of the package, from `npx dmaflow build` or a developer's build,
 * else `prebuilds/linux-ARCH/NAME.LIBC.node`. The environment variable PREBUILDS_ONLY leaves the first one out, where
 * `build/` is another machine's.
 *
 * @throws Error that says why there is none, or why it does not load; the loader's own error is its cause.
 */
export function loadAddonFile(name: AddonName, folders = OWN, host = thisHost()): unknown {
  const places = addonPlaces(name, folders, host, Boolean(process.env.PREBUILDS_ONLY));
  const path = places.find((place) => existsSync(place));
  if (path === undefined) {
    const { packageFolder } = folders;
    const found = { bundled: isBundled(packageFolder), prebuilt: prebuiltHosts(name, packageFolder) };
    throw new Error(whyThereIsNone(name, host, found));
  }
  try {
    // Not `require`: a bundler would look for what it names.
    return createRequire(path)(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new Error(whyItDoesNotLoad(path, reason, host), { cause });
  }
}

/** Where an addon may be, the first one first. */
export function addonPlaces(
  name: AddonName,
  { packageFolder, moduleFolder }: Folders,
  { platform, arch, libc, machine }: Host,
  prebuildsOnly: boolean,
): string[] {
  // What is prebuilt for 32-bit ARM takes an ARMv7: on an older one it would end the process.
  const tooOld = arch === 'arm' && /^armv[3-6]/.test(machine);
  const prebuilt = join('prebuilds', `${platform}-${arch}`, `${name}.${libc}.node`);
  return [
    ...(prebuildsOnly ? [] : [join(packageFolder, 'build/Release', `${name}.node`)]),
    // The second one: `prebuilds` may have been copied beside a bundle.
    ...(tooOld ? [] : [join(packageFolder, prebuilt), join(moduleFolder, prebuilt)]),
  ];
}

function thisHost(): Host {
  return {
    platform: process.platform,
    arch: process.arch,
    machine: machine(),
    libc: libcOf(process.execPath),
  };
}

/** The C library that a program is linked with, by the name of its loader, which stands at the beginning of the file. */
export function libcOf(program: string): Host['libc'] {
  const begin = Buffer.alloc(4096);
  const fd = openSync(program, 'r');
  try {
    readSync(fd, begin);
  } finally {
    closeSync(fd);
  }
  return begin.includes('/ld-musl-') ? 'musl' : 'glibc';
}

/** What this package has prebuilt, as `linux-x64 (glibc)`. */
function prebuiltHosts(name: AddonName, packageFolder: string): string[] {
  const folder = join(packageFolder, 'prebuilds');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return files.flatMap((path) => {
    const [, host, file, libc] = /^(.*)\/(.*)\.(.*)\.node$/.exec(path) ?? [];
    return file === name ? [`${host} (${libc})`] : [];
  });
}

function isBundled(packageFolder: string): boolean {
  const file = join(packageFolder, 'package.json');
  return !existsSync(file) || JSON.parse(readFileSync(file, 'utf8')).name !== 'dmaflow';
}
