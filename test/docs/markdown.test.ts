/** What the other tests of this folder rest on: blocks, commands and links are found, and their lines. */
import {
  commandsOf,
  missingLines,
  outputsOf,
  shellLines,
  trialOf,
  withoutNpm,
} from '../support/docs/commands';
import { anchorOf, parseMarkdown } from '../support/docs/markdown';

const TEXT = `# A title

Some \`code over
two lines\`, a [link](docs/a.md#part) and \`[no](link)\`.

<!-- given: import { tee } from 'dmaflow';
declare const x: number; -->
\`\`\`ts main.mts
tee(x);
\`\`\`

- an item

  \`\`\`sh
  npm start      # shows it
  npx dmaflow \\
    heaps
  \`\`\`

| what | command |
| --- | --- |
| \`a | b\` | \`ulimit -r\` |

\`\`\`sh
npx dmaflow heaps
\`\`\`

It prints:

\`\`\`text
3 heaps
\`\`\`
`;

const document = parseMarkdown('a.md', TEXT);

it('finds blocks with their lines, languages and names', () => {
  expect(document.blocks.map(({ line, language, file }) => [line, language, file])).toEqual([
    [8, 'ts', 'main.mts'],
    [14, 'sh', undefined],
    [24, 'sh', undefined],
    [30, 'text', undefined],
  ]);
});

it('gives a block what the comment before it declares, and no other', () => {
  const [first, second] = document.blocks;
  expect(first?.given).toBe("import { tee } from 'dmaflow'; declare const x: number;");
  expect(second?.given).toBe('');
});

it('finds code and links in running text, also over two lines', () => {
  expect(document.spans[0]).toMatchObject({ text: 'code over two lines', line: 3 });
  expect(document.links).toEqual([{ document: 'a.md', line: 4, target: 'docs/a.md#part' }]);
  expect(document.headings.map(anchorOf)).toEqual(['a-title']);
});

it('refuses a fence that does not end', () => {
  expect(() => parseMarkdown('a.md', 'x\n```sh\nls')).toThrow('a.md:2: a fence without its end');
});

it('finds commands in blocks and in columns of that name', () => {
  expect(commandsOf(document).map(({ line, text }) => [line, text])).toEqual([
    [15, 'npm start'],
    [17, 'npx dmaflow heaps'],
    [25, 'npx dmaflow heaps'],
    [22, 'ulimit -r'],
  ]);
});

it('joins the lines of a command, and leaves comments out', () => {
  const lines = shellLines("# first\n\na b \\\n  c # d\necho 'x#y'");
  expect(lines.map(({ text }) => text)).toEqual(['a b c', "echo 'x#y'"]);
});

it('takes a text block for the output of the command before it', () => {
  expect(outputsOf(document).map(({ command, text }) => [command.line, text])).toEqual([[25, '3 heaps']]);
});

it('compares output but for its numbers', () => {
  expect(missingLines('3 heaps\n  so far 7 frames\n1 camera', 'x\n12 heaps\n')).toEqual(['1 camera']);
});

it('knows no place for a command that nobody has thought of', () => {
  expect(trialOf({ text: 'npm run board -- --append quiet true' })).toBeUndefined();
  expect(trialOf({ text: 'curl example.org' })).toBeUndefined();
});

it('runs what npm would run', () => {
  expect(withoutNpm('npm test -- --only lint')).toBe('node scripts/test.mjs --only lint');
  expect(withoutNpm('npx dmaflow heaps')).toBe('npx dmaflow heaps');
  expect(() => withoutNpm('npm run nothing')).toThrow("package.json has no script 'nothing'");
});
