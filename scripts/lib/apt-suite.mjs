// apt for a Debian suite that is not the machine's own, or for another architecture.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianMirror, suiteSource } from './apt-sources.mjs';

/**
 * Options of apt with lists, cache and sources of its own, on the mirror that the machine uses: it works for any user
 * and leaves the machine's apt as it is.
 * @param {string} suite
 * @param {string} workDirectory the caller removes it
 * @param {{ architecture?: string, type?: 'deb' | 'deb-src' }} [options] `architecture`: Debian's name; packages are
 *   then resolved as for a machine with nothing installed; `type`: binary packages when absent
 * @returns {Promise<string[]>}
 */
export async function suiteAptOptions(suite, workDirectory, { architecture, type } = {}) {
  const directory = join(workDirectory, 'apt');
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  const sources = join(directory, 'board.sources');
  await writeFile(sources, suiteSource(debianMirror(suite), suite, type));
  const options = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::State::Lists': join(directory, 'lists'),
    'Dir::Cache': join(directory, 'cache'),
    'Acquire::Languages': 'none',
  };
  if (architecture) {
    options['Dir::State::status'] = join(directory, 'status');
    options['APT::Architecture'] = architecture;
    options['APT::Architectures'] = architecture;
    await writeFile(options['Dir::State::status'], '');
  }
  // As root apt would drop to its own user, who cannot write here.
  if (process.getuid() === 0) options['APT::Sandbox::User'] = 'root';
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}
