/** The code in the documents, compiled as its readers would: with the built package, and with the settings that README gives. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, checkout, readDocuments } from '../support/docs/documents';
import type { Block } from '../support/docs/markdown';

const LANGUAGES = ['ts', 'js', 'json', 'sh', 'text'];

const blocks = readDocuments().flatMap((document) => document.blocks);
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const placed = (chosen: Block[]) => chosen.map((block) => ({ block, place: at(block) }));

const directory = mkdtempSync(join(tmpdir(), 'dmaflow-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A module whose lines have the numbers that they have in the document; what is given stands in the fence's own line. */
function saveModule({ document, line, code, given, ...block }: Block): void {
  const name = `${document.replaceAll('/', '~')}~${line}.${moduleKind(block)}${block.language}`;
  writeFileSync(join(directory, name), `${'\n'.repeat(line - 1)}${given}\n${code}\n`);
}

/** `m` or `c`, as in `.mts` and `.cjs`: ES modules, where the file's name does not say CommonJS. */
function moduleKind({ file }: { file: string | undefined }): 'm' | 'c' {
  return file && /\.c[jt]s$/.test(file) ? 'c' : 'm';
}

/** What tsc says, by line of the document. */
function faults(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.replace(/^(\S+)~\d+\.[mc][tj]s\((\d+),\d+\)/, (_, name, n) => `${name.replaceAll('~', '/')}:${n}`),
    );
}

it.each(placed(blocks))('$place says what kind of block it is', ({ block }) => {
  expect(LANGUAGES).toContain(block.language);
});

it.each(placed(inLanguage('json')))('$place is JSON', ({ block }) => {
  expect(() => JSON.parse(block.code)).not.toThrow();
});

it('code has the types that it is used with', () => {
  const settings = blocks.find(({ document, file }) => document === 'README.md' && file === 'tsconfig.json');
  writeFileSync(join(directory, 'tsconfig.json'), settings?.code ?? 'README.md has no tsconfig.json');
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  symlinkSync(checkout, join(modules, 'dmaflow'));
  symlinkSync(join(checkout, 'node_modules/@types/node'), join(modules, '@types/node'));
  const code = inLanguage('ts', 'js');
  expect(code.length).toBeGreaterThan(0);
  for (const block of code) saveModule(block);
  const tsc = [join(checkout, 'node_modules/typescript/bin/tsc'), '-p', directory];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...tsc, '--noEmit', '--allowJs', '--checkJs', '--pretty', 'false'],
    { cwd: directory, encoding: 'utf8' },
  );
  expect({ faults: faults(stdout + stderr), status }).toEqual({ faults: [], status: 0 });
});

it.each(placed(inLanguage('js')))('$place is JavaScript for this Node', ({ block }) => {
  const type = moduleKind(block) === 'm' ? 'module' : 'commonjs';
  const { stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '--check', '-'], {
    input: block.code,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
});
