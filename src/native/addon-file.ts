/** Finds and loads an addon of this package (`native/`): one that was built here, else a prebuilt one. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { machine } from 'node:os';
import { join } from 'node:path';
import { type AddonName, type Host, whyItDoesNotLoad, whyThereIsNone } from './addon-errors';
import { MODULE_FOLDER, PACKAGE_FOLDER } from './package-folder';

/**
 * Loads an addon. Its file is `build/Release/NAME.node` of the package, from `npx dmaflow build` or a developer's build, else
 * `prebuilds/linux-ARCH/NAME.LIBC.node`. The environment variable PREBUILDS_ONLY leaves the first one out, where `build/` is another machine's.
 *
 * @throws Error with one that says why there is none, or why it does not load; the loader's own error is its cause.
 */
export function loadAddonFile(name: AddonName): unknown {
  const host = thisHost();
  const path = addonPlaces(name, host, Boolean(process.env.PREBUILDS_ONLY)).find((place) =>
    existsSync(place),
  );
  if (path === undefined) {
    throw new Error(whyThereIsNone(name, host, { bundled: isBundled(), prebuilt: prebuiltHosts(name) }));
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
  { platform, arch, libc, machine }: Host,
  prebuildsOnly: boolean,
  [packageFolder, moduleFolder] = [PACKAGE_FOLDER, MODULE_FOLDER],
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
function prebuiltHosts(name: AddonName): string[] {
  const folder = join(PACKAGE_FOLDER, 'prebuilds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const [, host, file, libc] = /^(.*)\/(.*)\.(.*)\.node$/.exec(path) ?? [];
    return file === name ? [`${host} (${libc})`] : [];
  });
}

function isBundled(): boolean {
  const file = join(PACKAGE_FOLDER, 'package.json');
  return !existsSync(file) || JSON.parse(readFileSync(file, 'utf8')).name !== 'dmaflow';
}
