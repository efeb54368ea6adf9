/**
 * Loads the built library (scripts/lib/bundle.mjs) with V8's code cache, where `make.ts` left one: code that a start runs is then not
 * compiled again, which takes longer than all else that a start does. A cache is of one file and one Node; V8 refuses what it
 * did not make itself, or made with other flags, and the file is then compiled as it is without.
 */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runInThisContext, Script } from 'node:vm';

type Require = (id: string) => unknown;

type Wrapped = (
  exports: unknown,
  require: Require,
  module: { exports: unknown },
  filename: string,
  folder: string,
) => void;

const modules = new Map<string, { exports: unknown }>();
/** By file. */
const scripts = new Map<string, Script>();

/** Scripts run in the program's own realm; a test runner may have loaded this in another, where `Error` is another one. */
const ownRealm = runInThisContext('Error') === Error;

/**
 * The exports of a file of the library, which is run once, as by `require`.
 * @param path of a CommonJS module in ASCII, with its extension, from `folder`.
 */
export function load(folder: string, path: string): unknown {
  const file = join(folder, path);
  if (!ownRealm) return require(file);
  const loaded = modules.get(file);
  if (loaded) return loaded.exports;
  const module = { exports: {} };
  modules.set(file, module);
  try {
    const from = dirname(file);
    const run: Wrapped = compile(file).runInThisContext();
    run.call(module.exports, module.exports, requireFrom(from), module, file, from);
  } catch (error) {
    modules.delete(file);
    throw error;
  }
  return module.exports;
}

/** `require` for a module whose neighbours are the library's files in `folder`. */
export function requireFrom(folder: string): Require {
  return (id) => (id.startsWith('.') ? load(folder, id) : require(id));
}

/** Files that were loaded so far, each with its script. */
export function loadedScripts(): ReadonlyMap<string, Script> {
  return scripts;
}

/** Keeps what is compiled of a file by now, for this Node on this processor. */
export function writeCache(file: string, script: Script): void {
  const path = cachePath(file);
  // At once and whole: V8 runs what it reads, and looks only at the length.
  const bytes = Buffer.concat([script.createCachedData(), Buffer.from(file)]);
  writeFileSync(`${path}.new`, bytes, { flush: true });
  renameSync(`${path}.new`, path);
}

function compile(file: string): Script {
  const cachedData = readCache(file);
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`,
    {
      filename: file,
      ...(cachedData && { cachedData }),
    },
  );
  scripts.set(file, script);
  return script;
}

/**
 * V8 compares only the length of the source: a cache that is older than its file is of another one. It takes the file's path, which
 * stack traces show, from the cache: so the path stands at its end, and the cache of a folder that was moved is not used.
 */
function readCache(file: string): Buffer | undefined {
  const path = cachePath(file);
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined || made < statSync(file).mtimeMs) return undefined;
  const bytes = readFileSync(path);
  const end = Math.max(0, bytes.length - Buffer.byteLength(file));
  return bytes.toString('utf8', end) === file ? bytes.subarray(0, end) : undefined;
}

function cachePath(file: string): string {
  return `${file}.${process.version}-${process.arch}.cache`;
}
