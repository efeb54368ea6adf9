// One run of jest, here or in the board, and what it counted.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { checkout } from '../lib/paths.mjs';

// 128 + SIGINT: the user's Ctrl-C, which is meant for the whole of `npm test`.
const INTERRUPTED = 130;

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Counts `skipped` holds titles with reasons */

/** jest's command line. @param {string[]} args @param {{ pattern?: string }} selection */
export function jestCommand(args, { pattern }) {
  const selected = pattern === undefined ? [] : ['--testNamePattern', pattern];
  return [process.execPath, join(checkout, 'node_modules/jest/bin/jest.js'), ...args, ...selected];
}

const toStandardOutput = (text) => process.stdout.write(text);

/**
 * What the run's reporter wrote. A run that wrote nothing, ended otherwise than its tests say, or ran no test at all
 * is a failure.
 * @returns {Counts}
 */
export function readCounts(path, status, { pattern }, write = toStandardOutput) {
  if (status === INTERRUPTED) throw new Failure('Stopped.', { exitCode: INTERRUPTED });
  if (!existsSync(path)) return failure(`jest ended with status ${status} and without results`, write);
  /** @type {Counts} */
  const counts = JSON.parse(readFileSync(path, 'utf8'));
  if (status !== 0 && counts.failed === 0) return failure(`jest ended with status ${status}`, write, counts);
  if (counts.passed + counts.failed === 0 && pattern === undefined)
    return failure('not one test was run', write, counts);
  return counts;
}

/** One failure that is no test's. @returns {Counts} */
export function failure(message, write = toStandardOutput, counts = { passed: 0, failed: 0, skipped: [] }) {
  write(`  ✗ ${message}\n`);
  return { ...counts, failed: counts.failed + 1 };
}
