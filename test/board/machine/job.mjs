// The host's side of a job: the files of the `board` share, which init.sh reads, and the status that it writes.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout } from '../../../scripts/lib/paths.mjs';

const binDirectory = join(dirname(fileURLToPath(import.meta.url)), 'bin');
const hiddenPlaces = ['/tmp', '/run', '/var/tmp'];
const passedOn = /^(DMAFLOW_(?!BOARD)\w+|CI|LANG|LC_\w+|TERM|FORCE_COLOR|NO_COLOR)$/;

/**
 * @param {string} share directory that the guest mounts
 * @param {{ command: string[], workingDirectory: string, environment: object, input: boolean,
 *   terminal?: { rows: number, columns: number } }} job
 */
export async function writeJob(share, { command, workingDirectory, environment, input, terminal }) {
  const kept = outermost([checkout, workingDirectory, nodePrefix()].filter(isHidden));
  await writeFile(join(share, 'kept'), kept.map((path) => `${path}\n`).join(''));
  if (input) await writeFile(join(share, 'input'), '');
  if (terminal) await writeFile(join(share, 'terminal'), `${terminal.rows} ${terminal.columns}\n`);
  const variables = { ...jobEnvironment(terminal !== undefined), ...environment };
  const script = [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(workingDirectory)} || exit`,
    `exec ${command.map(quote).join(' ')}`,
  ];
  await writeFile(join(share, 'job'), `${script.join('\n')}\n`);
}

/** The job's exit status, or undefined when the guest never got so far. */
export function readStatus(share) {
  const path = join(share, 'status');
  if (!existsSync(path)) return undefined;
  const status = Number.parseInt(readFileSync(path, 'utf8'), 10);
  return Number.isInteger(status) ? status : undefined;
}

function jobEnvironment(onTerminal) {
  const inherited = Object.entries(process.env).filter(([name]) => passedOn.test(name));
  const path = [
    binDirectory,
    dirname(process.execPath),
    join(checkout, 'node_modules/.bin'),
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ];
  return {
    ...Object.fromEntries(inherited),
    PATH: path.join(':'),
    HOME: '/tmp/home',
    TERM: onTerminal ? (process.env.TERM ?? 'vt100') : 'dumb',
    BOARD_OUT: '/run/out',
    DMAFLOW_BOARD: '1',
    DMAFLOW_CHECKOUT: checkout,
    DMAFLOW_NPX: join(dirname(process.execPath), 'npx'),
    npm_config_cache: '/tmp/home/.npm',
    npm_config_update_notifier: 'false',
  };
}

// npm and npx live beside node, in ../lib or ../share.
function nodePrefix() {
  return dirname(dirname(process.execPath));
}

/** Does the guest's own file system on this place hide the path? */
function isHidden(path) {
  return hiddenPlaces.some((place) => isInside(path, place));
}

function outermost(paths) {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => other !== path && isInside(path, other)));
}

function isInside(path, directory) {
  const way = relative(directory, path);
  return way !== '' && !way.startsWith('..') && !way.startsWith('/');
}

function quote(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}
