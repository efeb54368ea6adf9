// Debian's packages that make a board's kernel: the binary kernel, its modules, its headers, and the source for modules that Debian
// does not build. Found and fetched with apt, without root and without touching the machine's own package lists.
import { join } from 'node:path';
import { suiteAptOptions } from '../../../../scripts/lib/apt-suite.mjs';
import { Failure } from '../../../../scripts/lib/failure.mjs';
import { findProgram, outputOf, runLogged } from '../../../../scripts/lib/processes.mjs';
import { newestVersion } from '../kernel-package.mjs';

/**
 * @typedef {object} KernelPackages
 * @property {string} version of all of them
 * @property {string} release as `uname -r` gives it
 * @property {string} source name of the package with the source
 * @property {number} bytes
 * @property {{ apt: string[], names: string[] }[]} fetches what to fetch with which options of apt
 */

/**
 * @param {import('../boards.mjs').DistributionKernel} kernel
 * @param {string} work for apt's lists; the caller removes it
 * @param {string} log
 * @returns {Promise<KernelPackages>}
 */
export async function findPackages(kernel, work, log) {
  if (!findProgram('apt-get')) {
    throw new Failure(
      "The board boots Debian's kernel, which is fetched with apt-get. On another distribution build a kernel with the options " +
        'of test/board/machine/kernel and name it in DMAFLOW_BOARD_KERNEL.',
    );
  }
  const apt = await listedSuite(kernel.suite, join(work, 'kernel'), log);
  const search = (pattern) =>
    outputOf('apt-cache', [...apt, 'search', '--names-only', pattern])
      .split('\n')
      .map((line) => line.split(' ')[0])
      .filter(Boolean);
  const source = newestVersion(search('^linux-source-[0-9.]+$'), kernel.atLeast, kernel.below);
  if (!source) {
    throw new Failure(`${kernel.suite} has no linux-source package of Linux ${kernel.atLeast} or newer.`);
  }
  const { version } = describe(apt, [source])[0];
  const { flavour } = kernel;
  const headers = describe(apt, search(`^linux-headers-[^-]+-${flavour}$`)).find(
    (each) => each.version === version,
  );
  if (!headers) throw new Failure(`${kernel.suite} has no linux-headers package of ${source} ${version}.`);
  const abi = headers.name.slice('linux-headers-'.length, -`-${flavour}`.length);
  const release = `${abi}-${flavour}`;
  const binaries = describe(
    apt,
    search(`^linux-(binary|image|modules)-.*${abi.replaceAll(/[.+]/g, '\\$&')}`),
  );
  const kbuild = `linux-kbuild-${abi}`;
  const packages = [
    ...binariesOf(release, binaries),
    ...describe(apt, [headers.name, `linux-headers-${abi}-common`, kbuild, source]),
  ];
  const bytes = packages.reduce((sum, each) => sum + each.bytes, 0);
  const fetches = [
    { apt, names: packages.map(({ name }) => name) },
    ...(await librariesFor(describe(apt, [kbuild])[0].depends, kernel, work, log)),
  ];
  return { version, release, source, bytes, fetches };
}

// Debian has changed the names: the modules were a part of the image once, and signed images have names of their own.
function binariesOf(release, candidates) {
  const sets = [
    [`linux-binary-unsigned-${release}`, `linux-modules-${release}`],
    [`linux-binary-${release}`, `linux-modules-${release}`],
    [`linux-image-${release}-unsigned`],
    [`linux-image-${release}`],
  ];
  const named = (name) => candidates.find((each) => each.name === name);
  const set = sets.map((names) => names.map(named)).find((packages) => packages.every(Boolean));
  if (!set)
    throw new Failure(
      `There is no package with the kernel ${release}: neither linux-binary nor linux-image.`,
    );
  return set;
}

// The tools beside the headers are linked with the C library of the suite that they were built for. Where the machine's is older
// (Debian 12), that one is fetched for them, with the other libraries that they need; it takes a list of that suite's packages.
async function librariesFor(depends, kernel, work, log) {
  const wanted = Number(/libc6 \(>= 2\.(\d+)\)/.exec(depends)?.[1] ?? 0);
  const own = Number(/^glibc 2\.(\d+)/.exec(outputOf('getconf', ['GNU_LIBC_VERSION']))?.[1] ?? 0);
  if (own >= wanted && hasLibrary('libelf.so.1')) return [];
  const suite = kernel.suite.replace(/-backports$/, '');
  const apt = await listedSuite(suite, join(work, 'libraries'), log);
  const names = depends.split(',').map((each) => each.trim().split(' ')[0]);
  // libelf needs the last one.
  return [{ apt, names: [...names.filter((name) => /^(libc6|libelf|zlib)/.test(name)), 'libzstd1'] }];
}

const hasLibrary = (name) => outputOf(findProgram('ldconfig') ?? 'ldconfig', ['-p']).includes(`\t${name} `);

async function listedSuite(suite, directory, log) {
  const apt = await suiteAptOptions(suite, directory);
  // Else a list that cannot be fetched is a warning, and the packages seem not to be there.
  const update = ['-o', 'APT::Update::Error-Mode=any', 'update'];
  await runLogged('apt-get', [...apt, ...update], { log, append: true });
  return apt;
}

function describe(apt, names) {
  if (names.length === 0) return [];
  return outputOf('apt-cache', [...apt, '--no-all-versions', 'show', ...names])
    .split(/\n\n+/)
    .filter(Boolean)
    .map((text) => ({
      name: fieldOf(text, 'Package'),
      version: fieldOf(text, 'Version'),
      bytes: Number(fieldOf(text, 'Size')),
      depends: fieldOf(text, 'Depends'),
    }));
}

function fieldOf(text, key) {
  return new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? '';
}
