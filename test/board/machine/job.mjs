// The host's side of a job: the files of the `board` share, which init.sh reads, and the status that it writes.
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NPM_DIRECTORY } from '../../../scripts/lib/arm64-root.mjs';
import { checkout } from '../../../scripts/lib/paths.mjs';

const binDirectory = join(dirname(fileURLToPath(import.meta.url)), 'bin');
const hiddenPlaces = ['/tmp', '/run', '/var/tmp'];
const passedOn = /^(DMAFLOW_(?!BOARD)\w+|CI|LANG|LC_\w+|TERM|FORCE_COLOR|NO_COLOR)$/;

/**
 * @param {string} share directory that the guest mounts
 * @param {import('./boards.mjs').Board} board
 * @param {{ command: string[], workingDirectory: string, environment: object, input: boolean,
 *   terminal?: { rows: number, columns: number } }} job
 */
export async function writeJob(share, board, { command, workingDirectory, environment, input, terminal }) {
  const node = nodeOf(board);
  const needed = board.root ? [checkout] : [checkout, workingDirectory, prefixOf(node)];
  const kept = outermost(needed.filter(isHidden));
  await writeFile(join(share, 'kept'), kept.map((path) => `${path}\n`).join(''));
  if (input) await writeFile(join(share, 'input'), '');
  if (terminal) await writeFile(join(share, 'terminal'), `${terminal.rows} ${terminal.columns}\n`);
  const variables = { ...jobEnvironment(board, terminal !== undefined), ...environment };
  const words = command.map((word) => (word === process.execPath ? node : word));
  const script = [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(workingDirectory)} || exit`,
    `exec ${words.map(quote).join(' ')}`,
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

function jobEnvironment(board, onTerminal) {
  const node = nodeOf(board);
  const inherited = Object.entries(process.env).filter(([name]) => passedOn.test(name));
  const path = [
    binDirectory,
    dirname(node),
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
    DMAFLOW_NPX: join(dirname(node), 'npx'),
    // The addon beside this machine's own, and npm packages with a binary for the board's processor.
    ...(board.root ? { PREBUILDS_ONLY: '1', NODE_PATH: NPM_DIRECTORY } : {}),
    npm_config_cache: '/tmp/home/.npm',
    npm_config_update_notifier: 'false',
  };
}

function nodeOf(board) {
  return board.root ? '/usr/bin/node' : process.execPath;
}

// npm and npx live beside node, in ../lib or ../share.
function prefixOf(node) {
  return dirname(dirname(node));
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
