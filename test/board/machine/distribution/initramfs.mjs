// The initramfs: the drivers that a board needs before it has a root, in the order in which they are loaded, and the program that
// does so (init.c).

import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../../../scripts/lib/failure.mjs';
import { findProgram, outputOf, runLogged } from '../../../../scripts/lib/processes.mjs';

const initSource = join(dirname(fileURLToPath(import.meta.url)), 'init.c');

/**
 * @param {import('../boards.mjs').DistributionKernel} kernel
 * @param {{ root: string, release: string, extra: string[], work: string, log: string }} from `root`: where the packages are
 *   unpacked; `extra`: paths of modules beside the distribution's
 * @param {string} target path of the initramfs
 */
export async function makeInitramfs(kernel, { root, release, extra, work, log }, target) {
  const run = (command, ...args) => runLogged(command, args, { log, append: true });
  const tree = join(work, 'initramfs');
  for (const folder of ['modules', 'proc', 'root', 'dev'])
    await mkdir(join(tree, folder), { recursive: true });

  const files = await modulesInOrder(kernel, { root, release, extra });
  for (const file of files) await addModule(file, join(tree, 'modules'), run);
  await writeFile(join(tree, 'modules/order'), files.map((file) => `${moduleName(file)}\n`).join(''));
  await run('gcc', '-static', '-Os', '-Wall', '-Wextra', '-o', join(tree, 'init'), initSource);
  await archive(tree, target);
}

// Every module after those that it needs, as modprobe would load them. depmod, which modprobe wants, reads thousands of modules for it.
async function modulesInOrder(kernel, { root, release, extra }) {
  const folders = ['usr/lib/modules', 'lib/modules'].map((path) => join(root, path, release, 'kernel'));
  const packaged = (await Promise.all(folders.map(filesUnder))).flat();
  const files = new Map([...packaged, ...extra].map((file) => [kernelName(file), file]));
  const modinfo = program('modinfo');
  const order = new Set();
  const add = (name, user) => {
    const file = files.get(kernelName(name));
    if (!file)
      throw new Failure(`The packages of the kernel ${release} have no module ${name}, which ${user} needs.`);
    const needed = outputOf(modinfo, ['-F', 'depends', file]).trim().split(',').filter(Boolean);
    for (const each of needed) add(each, name);
    order.add(file);
  };
  for (const name of kernel.modules) add(name, 'the board');
  return [...order];
}

async function filesUnder(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => /\.ko(\.\w+)?$/.test(name)).map((name) => join(folder, name));
}

// Decompressed, since emulated that takes seconds; without type information for BPF, which the kernel would read for as long.
async function addModule(file, directory, run) {
  const copy = join(directory, moduleName(file));
  const decompress = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' }[/\.\w+$/.exec(file)[0]];
  if (decompress) await run('sh', '-c', '"$1" -dc "$2" >"$3"', 'sh', decompress, file, copy);
  else await copyFile(file, copy);
  await run('objcopy', '--strip-debug', '-R', '.BTF', '-R', '.BTF.base', copy);
}

const moduleName = (file) => basename(file).replace(/\.(xz|zst|gz)$/, '');

/** The kernel's name of a module has underscores where the file's may have dashes. */
const kernelName = (file) =>
  basename(file)
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');

// kmod's programs lie where root alone looks for programs.
function program(name) {
  const path = findProgram(name);
  if (!path) throw new Failure(`The board's kernel needs ${name} (Debian: kmod).`);
  return path;
}

// Owned by root whoever makes it; the names are sorted, so that the same files give the same archive.
async function archive(tree, target) {
  const names = (await readdir(tree, { recursive: true })).sort();
  const args = ['-o', '-H', 'newc', '--owner=0:0', '--reproducible', '--quiet'];
  const child = spawn('cpio', args, { cwd: tree, stdio: ['pipe', 'pipe', 'inherit'] });
  const file = createWriteStream(target);
  child.stdout.pipe(file);
  child.stdin.end(names.map((name) => `${name}\n`).join(''));
  const [status] = await Promise.all([
    new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    }),
    new Promise((resolve, reject) => {
      file.on('error', reject);
      file.on('close', resolve);
    }),
  ]);
  if (status !== 0)
    throw new Failure(`cpio could not write ${target} (exit status ${status}). Is the disk full?`);
}
