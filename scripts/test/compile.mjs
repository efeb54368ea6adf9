// Compiles the tests that run in the board into build/tests, each file for itself; types are checked elsewhere.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildDirectory, checkout } from '../lib/paths.mjs';

const require = createRequire(import.meta.url);
const COMPILED = ['test/board', 'test/contract', 'test/support'];

export function compileBoardTests() {
  // Loaded here: it is there once the npm packages are.
  const { transformFileSync } = require('@swc/core');
  const { swcOptions } = require('../../test/support/swc-options.js');
  const output = join(buildDirectory, 'tests');
  rmSync(output, { recursive: true, force: true });
  for (const path of COMPILED.flatMap(filesUnder)) {
    const target = join(output, path);
    mkdirSync(dirname(target), { recursive: true });
    if (path.endsWith('.ts')) {
      const base = target.slice(0, -'.ts'.length);
      const source = join(checkout, path);
      const { code, map } = transformFileSync(source, { ...swcOptions, swcrc: false, filename: source });
      writeFileSync(`${base}.js`, code);
      writeFileSync(`${base}.js.map`, map);
    } else if (path.endsWith('.json') || path.endsWith('.js')) {
      writeFileSync(target, readFileSync(join(checkout, path)));
    }
  }
}

function filesUnder(folder) {
  return readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(checkout.length + 1));
}
