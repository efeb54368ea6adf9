// The package as a user has it, for the boards: packed, and installed without scripts into build/installed.
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDirectory, checkout, logDirectory } from '../lib/paths.mjs';
import { runLogged } from '../lib/processes.mjs';
import { beginStep } from '../lib/progress.mjs';
import { buildPrebuilt } from '../prebuild/addons.mjs';
import { targets } from '../prebuild/targets.mjs';

/** The targets that there are boards for. */
export const installedTargets = targets.filter(({ name }) => ['linux-x64', 'linux-arm64'].includes(name));

const installed = join(buildDirectory, 'installed');
const program = join(checkout, 'test/support/board/installed/show.mjs');

export async function installPackage() {
  for (const target of installedTargets) await buildPrebuilt(target);
  await beginStep('Installing the package for the boards').run(async () => {
    const fresh = `${installed}.new`;
    const options = { log: join(logDirectory, 'installed-package.log'), append: true };
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    const pack = ['pack', '--ignore-scripts', '--pack-destination', fresh];
    await runLogged('npm', pack, { cwd: checkout, ...options });
    const [tarball] = await readdir(fresh);
    await writeFile(join(fresh, 'package.json'), '{ "private": true }\n');
    const install = [
      'install',
      `./${tarball}`,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ];
    await runLogged('npm', install, { cwd: fresh, ...options });
    await copyFile(program, join(fresh, 'show.mjs'));
    await rm(installed, { recursive: true, force: true });
    await rename(fresh, installed);
  });
}
