// Command lines: util.parseArgs with our messages.
import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';

/**
 * @param {string} usage one line, shown with every complaint and for `--help`
 * @param {object} options as of util.parseArgs
 * @param {{ argv?: string[], positionals?: boolean }} [more]
 */
export function readOptions(usage, options, { argv = process.argv.slice(2), positionals = false } = {}) {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: positionals,
    });
  } catch (error) {
    throw new Failure(`${firstSentence(error.message)}\nUsage: ${usage}`, { exitCode: 2 });
  }
  if (parsed.values.help) throw new Failure(`Usage: ${usage}`, { exitCode: 0 });
  return parsed;
}

/** A number in a range, or a complaint that names the option. */
export function readNumber(name, text, { minimum, integer = false }) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (
    text.trim() === '' ||
    !Number.isFinite(value) ||
    value < minimum ||
    (integer && !Number.isInteger(value))
  ) {
    const kind = integer ? 'a whole number' : 'a number';
    throw new Failure(`--${name} takes ${kind} of at least ${minimum}, not '${text}'.`, { exitCode: 2 });
  }
  return value;
}

/** `640x480` as { width, height }. */
export function readSize(name, text) {
  if (text === undefined) return undefined;
  const match = /^([1-9]\d*)x([1-9]\d*)$/.exec(text);
  if (!match)
    throw new Failure(`--${name} takes WIDTHxHEIGHT, such as 1280x720, not '${text}'.`, { exitCode: 2 });
  return { width: Number(match[1]), height: Number(match[2]) };
}

// parseArgs adds advice about '--' that does not apply to every option.
function firstSentence(message) {
  const end = message.indexOf('. To specify');
  return end < 0 ? message : `${message.slice(0, end)}.`;
}
