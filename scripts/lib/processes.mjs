// Running other programs: quietly into a log, or for their output.
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  createWriteStream,
  existsSync,
  constants as fsConstants,
  mkdirSync,
  readFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from './failure.mjs';

const TAIL_LINES = 25;

/** The program's path, looked up as a shell does, also where root's programs are. */
export function findProgram(name, environment = process.env) {
  const directories = [...(environment.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const directory of directories.filter(Boolean)) {
    const path = join(directory, name);
    try {
      accessSync(path, fsConstants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

/** Runs a program for its standard output; throws a Failure with its error output. */
export function outputOf(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.error) throw new Failure(`Cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Failure(`'${command} ${args.join(' ')}' failed (${ending(result)}):\n${result.stderr.trim()}`);
  }
  return result.stdout;
}

/**
 * Runs a program with all its output going to a log file. When it fails the Failure names the log and shows
 * its end.
 * @param {{ log: string, append?: boolean, cwd?: string, env?: object, onLine?: (line: string) => void }} options
 */
export async function runLogged(command, args, { log, append = false, onLine, ...options }) {
  mkdirSync(dirname(log), { recursive: true });
  const file = createWriteStream(log, { flags: append ? 'a' : 'w' });
  file.write(`$ ${command} ${args.join(' ')}\n`);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(file, { end: false });
    if (onLine) createInterface({ input: stream }).on('line', onLine);
  }
  const result = await endOf(child);
  await new Promise((resolve) => file.end(resolve));
  if (result.error) throw new Failure(`Cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new Failure(
      `'${command} ${args.join(' ')}' failed (${ending(result)}). The end of ${log}:\n${tailOf(log)}`,
    );
  }
}

/** Runs a program in the foreground, with our terminal, and gives its exit status: as a shell's for an end by signal. */
export async function runForeground(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  // The terminal sends the interrupt to the whole group; the program decides, we pass on how it ended.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const result = await endOf(child);
  process.off('SIGINT', ignore);
  if (result.error) throw new Failure(`Cannot run ${command}: ${result.error.message}`);
  return result.status;
}

/** The last lines of a text file, indented. */
export function tailOf(path, lines = TAIL_LINES) {
  const text = readFileSync(path, 'utf8').replaceAll('\r', '').trimEnd();
  return text
    .split('\n')
    .slice(-lines)
    .map((line) => `  ${line}`)
    .join('\n');
}

function endOf(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ error }));
    child.on('close', (status, signal) =>
      resolve({ status: status ?? 128 + constants.signals[signal], signal }),
    );
  });
}

function ending({ status, signal }) {
  return signal ? `ended by ${signal}` : `exit status ${status}`;
}

/** Is a C library there to build with? By pkg-config, or by a header where there is no pkg-config. */
export function hasLibrary(name, header) {
  if (!findProgram('pkg-config')) return existsSync(header);
  return spawnSync('pkg-config', ['--exists', name]).status === 0;
}
