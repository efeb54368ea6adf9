/**
 * Runs the built library's code with V8's code cache (store.ts), so that what a start runs is not compiled again: compiling takes
 * longer than all else that a start does.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runInThisContext, Script } from 'node:vm';
import { type CodeFile, codeFile, readCache, writeCache } from './store';

type Wrapped = (
  exports: unknown,
  require: NodeJS.Require,
  module: { exports: unknown },
  filename: string,
  folder: string,
) => void;

/**
 * Runs a CommonJS file in place of the module that calls this, which keeps its `require` and gets the file's exports.
 *
 * @param module of the caller, as Node gives it.
 * @param path of the file, in ASCII: a string of such characters takes half the memory.
 * @param build changes whenever the file's content does.
 * @returns what writes into the cache all that is compiled by now, unless the code came out of it; it never rejects. Undefined where
 *   nothing was run: the caller then requires the file like any other.
 */
export function runCode(
  module: NodeJS.Module,
  require: NodeJS.Require,
  path: string,
  build: string,
): (() => Promise<void>) | undefined {
  const compiled = compile(path, build);
  if (!compiled) return undefined;
  const { file, script } = compiled;
  const run: Wrapped = script.runInThisContext();
  run.call(module.exports, module.exports, require, module, path, dirname(path));
  return async () => {
    if (script.cachedDataRejected !== false) await writeCache(file, () => script.createCachedData());
  };
}

function compile(path: string, build: string): { file: CodeFile; script: Script } | undefined {
  try {
    // Scripts run in the program's own realm; a test runner may have loaded this in another, where `Error` is another one.
    if (process.env.DMAFLOW_CODE_CACHE === '0' || runInThisContext('Error') !== Error) return undefined;
    const file = codeFile(path, build);
    const cachedData = readCache(file);
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'latin1')}\n})`;
    return { file, script: new Script(source, { filename: path, ...(cachedData && { cachedData }) }) };
  } catch {
    // A file system that is not what it seems (archives, the permission model) is for Node's own loader.
    return undefined;
  }
}
