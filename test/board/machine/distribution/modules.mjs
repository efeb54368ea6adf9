// Kernel modules that the distribution's configuration leaves out, built against its headers.
import { existsSync } from 'node:fs';
import { chmod, cp, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../../scripts/lib/failure.mjs';
import { runLogged } from '../../../../scripts/lib/processes.mjs';

/** Debian's compiler wrapper of its headers wants the distribution's own; this takes the machine's. */
const compiler = join(dirname(fileURLToPath(import.meta.url)), 'cc.sh');

/** The headers' own tools, which are programs of the suite that the packages were built for. */
const TOOLS = [
  { path: 'scripts/mod/modpost', program: 'modpost.real-lsb-64' },
  { path: 'tools/objtool/objtool', program: 'objtool.real-x86' },
];

/** The machine's compiler does not take this kernel's sources, or the modules do not fit the kernel. */
export class ModulesDoNotBuild extends Failure {}

/**
 * @param {import('../boards.mjs').DistributionKernel} kernel
 * @param {{ root: string, release: string, source: string, work: string, log: string }} from `root`: where the packages are
 *   unpacked; `source`: the kernel's source, as far as it is needed
 * @returns {Promise<string[]>} paths of the modules
 */
export async function buildModules(kernel, { root, release, source, work, log }) {
  const abi = release.slice(0, -`-${kernel.flavour}`.length);
  const kbuild = join(root, 'usr/lib', `linux-kbuild-${abi}`);
  const loader = join(root, 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
  if (existsSync(loader)) await Promise.all(TOOLS.map((tool) => runBy(loader, kbuild, tool)));

  const tree = join(work, 'modules');
  for (const { directory } of kernel.extra) {
    await cp(join(source, directory), join(tree, basename(directory)), { recursive: true });
  }
  const folders = kernel.extra.map(({ directory }) => `${basename(directory)}/`);
  await writeFile(join(tree, 'Kbuild'), `obj-m += ${folders.join(' ')}\n`);
  const options = kernel.extra.flatMap(({ options }) => Object.entries(options));
  const headers = (name) => join(root, 'usr/src', `linux-headers-${name}`);
  const args = [
    `-j${availableParallelism()}`,
    ...['-C', headers(`${abi}-common`), `O=${headers(release)}`, `M=${tree}`],
    // Type information for BPF would need a program that Debian 12 does not have new enough.
    ...[`CC=${compiler}`, 'CONFIG_DEBUG_INFO_BTF_MODULES='],
    ...options.map(([name, value]) => `${name}=${value}`),
    'modules',
  ];
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, LC_ALL: 'C', ...(TMPDIR && { TMPDIR }) };
  try {
    await runLogged('make', args, { cwd: work, env, log, append: true });
  } catch {
    throw new ModulesDoNotBuild(
      `Modules do not build against the kernel ${release} with this machine's compiler; ${log} says why.`,
    );
  }
  return kernel.extra.flatMap(({ directory, modules }) => {
    return modules.map((name) => join(tree, basename(directory), `${name}.ko`));
  });
}

// The C library that was fetched for the tools runs them, with the libraries beside it.
async function runBy(loader, kbuild, { path, program }) {
  const tool = join(kbuild, path);
  const words = [loader, '--library-path', dirname(loader), join(dirname(tool), program)].map(
    (word) => `'${word}'`,
  );
  await writeFile(`${tool}.new`, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  await chmod(`${tool}.new`, 0o755);
  await rename(`${tool}.new`, tool);
}
