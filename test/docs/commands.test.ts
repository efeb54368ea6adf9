/** Every command in the documents is run by some test, or has a reason not to be; here npm's and dmaflow's options are tried. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Command,
  commandsOf,
  different,
  mentionsOf,
  trialOf,
  withoutNpm,
} from '../support/docs/commands';
import { at, checkout, readDocuments } from '../support/docs/documents';
import { elsewhere } from '../support/docs/elsewhere';

const documents = readDocuments();
const commands = different(documents.flatMap(commandsOf));
const all = different([...commands, ...documents.flatMap(mentionsOf)]);
const placed = <T extends Command>(chosen: T[]) =>
  chosen.map((command) => ({ ...command, place: at(command) }));

/** Words in capitals stand for something else: `npm run board -- COMMAND`. */
const isTemplate = (text: string) => / [A-Z]+( |$)/.test(text);

/** The command with an option by which it ends before it does anything; undefined where it has none. */
function dryRun(text: string): string | undefined {
  const script = (option: string) => withoutNpm(text).replace(/^node \S+/, `$& ${option}`);
  if (/^npm (test|run bench)\b/.test(text)) return isTemplate(text) ? undefined : script('--list');
  if (/^npm (start|run board|run setup)\b/.test(text)) return script('--help');
  const [, name] = /^npx dmaflow ([\w-]+)/.exec(text) ?? [];
  return name && `node node_modules/.bin/dmaflow ${name} --help`;
}

it.each(placed(commands))('$text ($place) is tried somewhere', (command) => {
  expect(trialOf(command)).toBeDefined();
});

it.each(elsewhere)('$command is in the documents, though not run: $why', ({ command }) => {
  expect(commands.filter(({ text }) => command.test(text))).not.toEqual([]);
});

it.each(placed(all.filter(({ text }) => text.startsWith('npm run '))))(
  '$text ($place) is a script of package.json',
  ({ text }) => expect(() => withoutNpm(text.replace(/ && .*$/, ''))).not.toThrow(),
);

// What the board runs is understood.
const unrun = all.filter((command) => trialOf(command) !== 'board' || !commands.includes(command));
it.each(placed(unrun.filter(({ text }) => dryRun(text))))('$text ($place) is understood', ({ text }) => {
  const shell = spawnSync('sh', ['-c', dryRun(text) ?? ''], { cwd: checkout, encoding: 'utf8' });
  const { status, stdout, stderr } = shell;
  if (status !== 0) throw new Error(`exit status ${status}:\n${stdout}${stderr}`);
  expect(`${stdout}${stderr}`).toMatch(/\S/);
});

const byName = all.flatMap((command) => {
  const [, layer, pattern] = /--only (\S+) -t '?([^']+)'?$/.exec(command.text) ?? [];
  return layer && pattern ? [{ ...command, layer, pattern }] : [];
});

it.each(placed(byName))('$text ($place) names tests that there are', ({ layer, pattern }) => {
  const folder = join(checkout, 'test', layer);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(sources.some((source) => /(describe|it)\W/.test(source) && source.includes(`'${pattern}'`))).toBe(
    true,
  );
});
