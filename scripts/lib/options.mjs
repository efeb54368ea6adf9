// Command lines: util.parseArgs with our messages.
import { parseArgs } from 'node:util';
import { Failure } from './failure.mjs';

/**
 * @param {string} usage one line, shown with every complaint and for `--help`
 * @param {object} options as of util.parseArgs
 * @returns {object} the values by name
 */
export function readOptions(usage, options, argv = process.argv.slice(2)) {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new Failure(`${firstSentence(error.message)}\nUsage: ${usage}`, { exitCode: 2 });
  }
  if (parsed.values.help) throw new Failure(`Usage: ${usage}`, { exitCode: 0 });
  return parsed.values;
}

/**
 * Splits `[options] [--] COMMAND ARGS…` where the command begins; the options after that are the command's own.
 * @param {object} options as of util.parseArgs
 */
export function splitCommand(options, argv = process.argv.slice(2)) {
  const takesValue = (argument) => options[argument.slice(2)]?.type === 'string';
  let index = 0;
  while (index < argv.length && argv[index].startsWith('-') && argv[index] !== '--') {
    index += takesValue(argv[index]) ? 2 : 1;
  }
  return { own: argv.slice(0, index), command: argv.slice(argv[index] === '--' ? index + 1 : index) };
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
