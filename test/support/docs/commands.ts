/** The commands that the documents tell people to type, and where each of them can be tried. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './documents';
import { elsewhere } from './elsewhere';
import type { Document, Place } from './markdown';

export interface Command extends Place {
  text: string;
}

/**
 * - `board`: run on the emulated board, in the boot `docs`
 * - `program`: a program of the documents, run there too until it is interrupted
 * - `start`: `npm start`, which boots a board itself
 * - `list`: `npm test` and `npm run bench`, which would run what this is part of: they say what they would run
 * - `elsewhere`: not run by this test (elsewhere.ts)
 */
export type Trial = 'board' | 'program' | 'start' | 'list' | 'elsewhere';

const TRIALS: [RegExp, Trial][] = [
  [/^npm start\b/, 'start'],
  [/^npm (test|run bench)\b/, 'list'],
  [/^npm run (board -- (?!-)|sample -- )/, 'board'],
  [/^npx dmaflow /, 'board'],
  [/^node [\w-]+\.mjs$/, 'program'],
  // What shows something of the machine.
  [/^(grep|ls|ulimit) /, 'board'],
];

/** Where the command can be tried; undefined where nobody has said so yet. */
export function trialOf({ text }: { text: string }): Trial | undefined {
  if (elsewhere.some(({ command }) => command.test(text))) return 'elsewhere';
  return TRIALS.find(([pattern]) => pattern.test(text))?.[1];
}

/** What a `text` block shows is what the one command in the `sh` block before it printed. */
export interface Output {
  command: Command;
  text: string;
}

/** Those in `sh` blocks, and in the columns `command` of tables. */
export function commandsOf({ blocks, spans, path: document }: Document): Command[] {
  const inBlocks = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code, line }) =>
      shellLines(code).map((each) => ({ ...each, document, line: line + each.line })),
    );
  const inTables = spans.filter(({ column }) => column === 'command');
  return [...inBlocks, ...inTables.map(({ text, line }) => ({ text, document, line }))];
}

/** The command blocks that are followed by their output, at once but for a sentence between. */
export function outputsOf(document: Document): Output[] {
  const commands = commandsOf(document);
  return document.blocks.flatMap(({ language, line, code }, index) => {
    const before = document.blocks[index - 1];
    if (language !== 'text' || before?.language !== 'sh') return [];
    const end = before.line + before.code.split('\n').length + 1;
    const [command, ...others] = commands.filter((each) => each.line > before.line && each.line < end);
    return command && others.length === 0 && line - end <= 4 ? [{ command, text: code }] : [];
  });
}

/** Lines of the shown output that the command did not print. What a run counts differs each time: numbers are not compared. */
export function missingLines(shown: string, printed: string): string[] {
  const shape = (line: string) => line.replace(/\d[\d.,]*/g, 'N').trim();
  const lines = new Set(printed.split('\n').map(shape));
  return shown.split('\n').filter((line) => !/^\s*so far /.test(line) && !lines.has(shape(line)));
}

/** Commands of npm and of the package in running text. */
export function mentionsOf({ spans }: Document): Command[] {
  return spans.filter(({ text, column }) => {
    return column !== 'command' && /^(npm (test|start|run)|npx dmaflow)\b/.test(text);
  });
}

/** Each command once, at the first place where it stands. */
export function different(commands: Command[]): Command[] {
  return commands.filter(({ text }, index) => commands.findIndex((each) => each.text === text) === index);
}

/** Lines that a shell would run: continued ones joined, comments left out. `line` counts from 1. */
export function shellLines(code: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let continued = '';
  for (const [index, raw] of code.split('\n').entries()) {
    const line = `${continued}${raw.replace(/(^|\s)#\s.*$/, '').trim()}`;
    continued = line.endsWith('\\') ? `${line.slice(0, -1).trim()} ` : '';
    if (continued === '' && line !== '') found.push({ text: line, line: index + 1 });
  }
  return found;
}

/**
 * The command as npm would run it, without npm, which takes longer to start than many a command runs (half a minute on the board).
 * Throws where package.json has no such script.
 */
export function withoutNpm(text: string): string {
  const match = /^npm (?:run )?([\w:-]+)(?: -- (.*)| *)$/.exec(text);
  if (!match) return text;
  const [, name = '', args = ''] = match;
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  if (!Object.hasOwn(scripts, name)) throw new Error(`package.json has no script '${name}'`);
  return `${scripts[name]} ${args}`.trim();
}
