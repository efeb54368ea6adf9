// Installing Debian packages: as root or with sudo, after a question where somebody can answer it.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { aptProgress } from './apt-progress.mjs';
import { logDirectory } from './paths.mjs';
import { findProgram, runLogged } from './processes.mjs';
import { beginStep, say } from './progress.mjs';

/** A machine that has just started may be bringing itself up to date. */
const LOCK_WAIT_S = 600;

/**
 * Asks, where somebody can answer, whether what is missing may be installed; where it may not or cannot be, says what to do.
 * @param {import('./requirements.mjs').Requirement[]} missing
 * @param {{ yes?: boolean }} options `yes`: do not ask
 * @returns {Promise<(() => Promise<void>) | undefined>} the installation, to be begun when it suits
 */
export async function agreedInstallation(missing, { yes = false }) {
  say('Missing on this system:');
  for (const { purpose, debian } of withNewPackages(missing)) say(`  ${purpose} (${debian.join(' ')})`);
  if (!findProgram('apt-get')) {
    say(
      "There is no apt-get here: install these with your distribution's package manager. Going on without them.",
    );
    return undefined;
  }
  const packages = [...new Set(missing.flatMap(({ debian }) => debian))];
  const isRoot = process.getuid() === 0;
  const command = `${isRoot ? '' : 'sudo '}apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (!(await mayInstall(command, { yes, isRoot }))) {
    say(`Install them with:\n  ${command}`);
    return undefined;
  }
  const prefix = isRoot ? [] : sudo(!yes && canAsk());
  if (!prefix) {
    say(`Neither root nor sudo is to be had here. Have somebody run:\n  ${command.replace(/^sudo /, '')}`);
    return undefined;
  }
  return () => install(prefix, packages);
}

// Without those whose packages the ones before them name already.
function withNewPackages(missing) {
  const named = new Set();
  return missing.filter(({ debian }) => {
    const before = named.size;
    for (const name of debian) named.add(name);
    return named.size > before;
  });
}

async function mayInstall(command, { yes, isRoot }) {
  if (yes || process.env.CI) return true;
  if (!canAsk()) return isRoot;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Install them now with '${command}'? [Y/n] `);
    return /^(y(es)?)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function canAsk() {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

// sudo asks for its password here, before its output goes to a log.
function sudo(mayAsk) {
  if (!findProgram('sudo')) return undefined;
  const args = mayAsk ? ['-v'] : ['-n', 'true'];
  const { status } = spawnSync('sudo', args, { stdio: mayAsk ? 'inherit' : 'ignore' });
  return status === 0 ? ['sudo', '-n'] : undefined;
}

async function install(prefix, packages) {
  const log = join(logDirectory, 'apt.log');
  const those =
    packages.length === 1
      ? 'a system package and what it needs'
      : `${packages.length} system packages and what they need`;
  const installing = beginStep(`Installing ${those}`);
  const progress = aptProgress();
  const onLine = (line) => {
    const text = progress.read(line);
    if (text) installing.update(text);
  };
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8'];
  const run = (...command) => {
    const [program, ...args] = [...prefix, ...environment, ...command];
    return runLogged(program, args, { log, append: true, onLine });
  };
  const options = ['-q', '-y', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_S}`];
  const attempt = () => run('apt-get', ...options, 'install', '--no-install-recommends', ...packages);
  // Two things show in a failure only: an installation that was interrupted, and lists that are absent or old.
  const repair = async () => {
    await run('dpkg', '--configure', '-a');
    await run('apt-get', ...options, 'update');
  };
  await installing.run(
    () => attempt().catch(() => repair().then(attempt)),
    () => progress.fetched() ?? 'done',
  );
}
