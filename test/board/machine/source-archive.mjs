// The kernel's source out of Debian's package, or some folders of it.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { Failure } from '../../../scripts/lib/failure.mjs';
import { outputOf } from '../../../scripts/lib/processes.mjs';

// Hundreds of megabytes of register tables for a driver that is not built.
const EXCLUDED = ['*/drivers/gpu/drm/amd/include/*', '*/tools/testing/selftests/*'];

/**
 * The package holds one compressed archive; both are read as streams, so that neither lies on the disk unpacked.
 * @param {string} archive path of the package
 * @param {string} tree where the source goes
 * @param {{ only?: string[] }} [options] `only`: these folders of it, all when absent
 */
export async function unpackSource(archive, tree, { only = [] } = {}) {
  const listing = outputOf('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -t', 'sh', archive]);
  const tarball = listing.split('\n').find((name) => /linux-source-[\d.]+\.tar\.xz$/.test(name));
  if (!tarball) throw new Failure(`${archive} holds no linux-source-*.tar.xz.`);
  const [folder] = /linux-source-[\d.]+(?=\.tar)/.exec(tarball);
  await mkdir(tree, { recursive: true });
  const script =
    'set -e; archive=$1 tarball=$2 tree=$3; shift 3; dpkg-deb --fsys-tarfile "$archive" | tar -xO "$tarball" | xz -dc -T0 | ' +
    `tar -x -C "$tree" --strip-components=1 ${EXCLUDED.map((pattern) => `--exclude='${pattern}'`).join(' ')} "$@"`;
  const members = only.map((path) => `${folder}/${path}`);
  const child = spawn('sh', ['-c', script, 'sh', archive, tarball, tree, ...members], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status !== 0) throw new Failure(`Unpacking ${tarball} out of ${archive} failed. Is the disk full?`);
}
