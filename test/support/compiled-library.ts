/**
 * The library as JavaScript in a folder of its own, of the sources as they are: a worker thread loads files, and jest compiles only
 * what its own thread requires.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';

const checkout = join(__dirname, '../..');
const { swcOptions } = require('./swc-options') as { swcOptions: object };

export interface CompiledLibrary extends Disposable {
  library: typeof import('../../src');
  testing: typeof import('../../src/testing');
  /** A module inside: `pipeline/worker-thread`. */
  load<T>(name: string): T;
  /** Writes a module that a worker can load, and returns its path. */
  write(name: string, code: string): string;
}

export function compiledLibrary(): CompiledLibrary {
  // In the checkout: packages are looked up from there.
  const parent = join(checkout, 'build/compiled');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'library-'));
  const write = (name: string, code: string) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return path;
  };
  const options = { ...swcOptions, swcrc: false };
  for (const path of readdirSync(join(checkout, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    write(
      path.replace(/\.ts$/, '.js'),
      transformFileSync(join(checkout, 'src', path), options as object).code,
    );
  }
  return {
    library: require(join(folder, 'index.js')),
    testing: require(join(folder, 'testing/index.js')),
    load: (name) => require(join(folder, `${name}.js`)),
    write,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
