// From the source package to a kernel image: unpack, configure, check the configuration, compile.
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { runLogged } from '../../../scripts/lib/processes.mjs';
import { beginStep } from '../../../scripts/lib/progress.mjs';
import { unpackSource } from './source-archive.mjs';

/**
 * @param {{ kernel: object, archive: string, fragments: string[], work: string, log: string }} build
 * @returns {Promise<{ image: string, config: string }>}
 */
export async function buildKernel({ kernel, archive, fragments, work, log }) {
  const tree = join(work, 'linux');
  await beginStep('Unpacking the kernel source').run(() => unpackSource(archive, tree));
  await rm(archive);
  const make = async (targets, onLine) => {
    const cross = kernel.crossCompile ? [`CROSS_COMPILE=${kernel.crossCompile}`] : [];
    const args = [`-j${availableParallelism()}`, `ARCH=${kernel.architecture}`, ...cross, ...targets];
    await runLogged('make', args, { cwd: tree, env: buildEnvironment(), log, append: true, onLine });
  };

  const config = join(tree, '.config');
  await make(['tinyconfig']);
  const wanted = fragments.map((path) => readFileSync(path, 'utf8')).join('\n');
  await writeFile(config, `${readFileSync(config, 'utf8')}\n${wanted}`);
  await make(['olddefconfig']);
  checkConfiguration(wanted, readFileSync(config, 'utf8'));

  const compiling = beginStep('Building the kernel');
  let objects = 0;
  const compile = () =>
    make([kernel.target], (line) => {
      if (/^ {2}(CC|AS) /.test(line)) objects++;
      compiling.update(objects ? `${objects} of about ${kernel.objects} objects` : 'preparing');
    });
  await compiling.run(compile, () => `${objects} objects`);
  return { image: join(tree, kernel.image), config };
}

/** Throws when a line of the fragments is not so in the configuration that the kernel's build made of them. */
export function checkConfiguration(wanted, actual) {
  const values = new Map(
    [...actual.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const missing = [...wanted.matchAll(/^(CONFIG_\w+)=(.*)$/gm)]
    .filter(([, name, value]) => values.get(name) !== value)
    .map(([line, name]) => `${line} (is ${values.get(name) ?? 'not set'})`);
  const present = [...wanted.matchAll(/^# (CONFIG_\w+) is not set$/gm)]
    .filter(([, name]) => values.has(name))
    .map(([line, name]) => `${line} (is ${values.get(name)})`);
  if (missing.length + present.length > 0) {
    throw new Failure(
      'The kernel cannot be configured as test/board/machine/kernel asks; these lines did not survive ' +
        `'make olddefconfig':\n${[...missing, ...present].map((line) => `  ${line}`).join('\n')}`,
    );
  }
}

// Nothing of the machine or its user goes into the image, and nothing of the user's settings into the build.
function buildEnvironment() {
  const { PATH, HOME, TMPDIR } = process.env;
  const kept = Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value));
  return { ...kept, LC_ALL: 'C', KBUILD_BUILD_USER: 'dmaflow', KBUILD_BUILD_HOST: 'board' };
}
