// The library's JavaScript in a few files: Node takes about as long for each file that it loads as for what is in it, and a pipeline
// starts with the loading of all of them. They lie in code/; where users look for an entry is what loads it from there, with V8's
// code cache (src/code-cache).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { Failure } from './failure.mjs';
import { checkout } from './paths.mjs';

/** What a user's program or another thread loads by name; what they share goes into chunks. */
const entries = ['index', 'testing/index', 'cli/main', 'pipeline/worker-main'];
const loader = ['code-cache/load', 'code-cache/make'];

const common = { platform: 'node', target: 'node20', logLevel: 'warning', keepNames: false };
const sourceOf = (entry) => join(checkout, 'src', `${entry}.ts`);
const inSources = { outbase: join(checkout, 'src'), packages: 'external' };

/** @param {string} output folder */
export async function bundle(output) {
  const modules = `${output}.modules`;
  try {
    // Splitting knows ES modules only, and users of both module systems are served best by CommonJS: two steps.
    const { metafile } = await build({
      ...common,
      ...inSources,
      entryPoints: entries.map(sourceOf),
      outdir: modules,
      bundle: true,
      splitting: true,
      format: 'esm',
      metafile: true,
      chunkNames: 'chunks/[name]-[hash]',
    });
    await build({
      ...common,
      entryPoints: filesUnder(modules),
      outbase: modules,
      outdir: join(output, 'code'),
      format: 'cjs',
    });
    await build({
      ...common,
      ...inSources,
      entryPoints: loader.map(sourceOf),
      outdir: output,
      format: 'cjs',
    });
    for (const file of filesUnder(join(output, 'code'))) inAscii(file);
    writeLibrary(output, metafile.outputs[relative(checkout, join(modules, 'index.js'))].exports);
    for (const entry of entries) if (entry !== 'index') moveEntry(output, entry);
  } finally {
    rmSync(modules, { recursive: true, force: true });
  }
}

// As the loader reads it: a string of such characters takes half the memory. Beyond them there are only comments.
function inAscii(file) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped));
}

// The names are for ES modules: Node finds them in what looks like an assignment.
function writeLibrary(output, names) {
  const lines = [
    '"use strict";',
    'module.exports = require("./code-cache/load.js").load(__dirname, "code/index.js");',
    `0 && (module.exports = { ${names.join(', ')} });`,
  ];
  writeFileSync(join(output, 'index.js'), `${lines.join('\n')}\n`);
}

// An ordinary module, but for the chunks: those are the library's. Compiled by the loader it could not `import()`.
function moveEntry(output, entry) {
  const [from, to] = [join(output, 'code', `${entry}.js`), join(output, `${entry}.js`)];
  const path = (target) => relative(dirname(to), join(output, target));
  const [hashbang = ''] = readFileSync(from, 'utf8').match(/^#!.*\n/) ?? [];
  const code = readFileSync(from, 'utf8').slice(hashbang.length);
  const chunks = `__dirname + "/${path(join('code', dirname(entry)))}"`;
  const prelude = `"use strict";\nrequire = require("${path('code-cache/load.js')}").requireFrom(${chunks});\n`;
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, hashbang + prelude + code);
  rmSync(from);
}

/** Where the library stays: the cache knows its place. @param {string} output folder of {@link bundle} */
export function makeCodeCache(output) {
  const maker = join(output, 'code-cache/make.js');
  const { status, stderr } = spawnSync(process.execPath, [maker], { encoding: 'utf8' });
  if (status !== 0) throw new Failure(`The library's code cache cannot be made: ${stderr}`);
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
}
