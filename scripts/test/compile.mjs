// Compiles the tests that run in the board, and the library for them, into build/tests, each file for itself: tests look inside,
// into modules that dist/ has in one file. Types are checked elsewhere.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { buildDirectory, checkout } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);
const output = join(buildDirectory, 'tests');
const COMPILED = ['src', 'test/board', 'test/contract', 'test/support'];

/** What has not changed is left alone: a board may be running from it. */
export function compileBoardTests() {
  // Loaded here: it is there once the npm packages are.
  const { transformFileSync } = require('@swc/core');
  const { swcOptions } = require('../../test/support/swc-options.js');
  const transform = (source) => {
    try {
      return transformFileSync(source, { ...swcOptions, swcrc: false, filename: source });
    } catch (error) {
      // It fails where it is run: as one test file, with the others going on.
      const [message] = error.message.split('\n\n');
      return { code: `throw new SyntaxError(${JSON.stringify(message)});\n` };
    }
  };
  const compiled = new Set();
  const write = (path, content) => {
    compiled.add(path);
    writeIfChanged(join(output, path), content);
  };
  for (const path of COMPILED.flatMap((folder) => filesUnder(checkout, folder))) {
    const source = join(checkout, path);
    if (path.endsWith('.ts')) {
      const base = path.slice(0, -'.ts'.length);
      const { code, map } = transform(source);
      write(`${base}.js`, code);
      if (map) write(`${base}.js.map`, map);
    } else if (!path.startsWith('test/board/machine/')) {
      write(path, readFileSync(source, 'utf8'));
    }
  }
  for (const path of filesUnder(output, '.')) {
    if (!compiled.has(path)) rmSync(join(output, path));
  }
}

function writeIfChanged(path, content) {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

function filesUnder(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}
