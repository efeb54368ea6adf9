// The library's JavaScript in a few files: Node takes about as long for each file that it loads as for what is in it, and a pipeline
// starts with the loading of all of them.
//
//   dist/code.js       all of the library behind `dmaflow`
//   dist/library.js    loads code.js, with V8's code cache (src/code-cache); who wants the library requires this
//   dist/index.js      `dmaflow`
//   dist/rxjs.js       what is used of rxjs, loaded when somebody asks for an Observable
//   dist/testing/index.js, cli/main.js, pipeline/worker-main.js    what is theirs alone
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { checkout } from './paths.mjs';

const sources = join(checkout, 'src');
const sourceOf = (module) => join(sources, `${module}.ts`);

/** What a user's program or another thread loads by name, beside the library itself. */
const entries = ['testing/index', 'cli/main', 'pipeline/worker-main'];
const rxjs = 'pipeline/rxjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  packages: 'external',
  logLevel: 'warning',
};

/** @param {string} output folder */
export async function bundle(output) {
  const { modules, names } = await libraryModules();
  const shared = new Set();
  for (const entry of entries) {
    const outfile = join(output, `${entry}.js`);
    const plugins = [fromLibrary(modules, shared, dirname(outfile), output)];
    await build({ ...common, entryPoints: [sourceOf(entry)], outfile, plugins });
    tidy(outfile);
  }
  await buildCode([...shared].sort(), join(output, 'code.js'));
  await buildLibrary(output);
  await buildRxjs(output);
  writeIndex(output, names);
}

// What index.ts reaches, as names like `formats/fourcc`, and what it exports.
async function libraryModules() {
  const { metafile } = await build({
    ...common,
    entryPoints: [sourceOf('index')],
    plugins: [ownFile(rxjs)],
    format: 'esm',
    metafile: true,
    write: false,
  });
  const modules = Object.keys(metafile.inputs).map((path) => moduleName(resolve(checkout, path)));
  const [{ exports: names }] = Object.values(metafile.outputs);
  return { modules: new Set(modules), names };
}

function moduleName(path) {
  return relative(sources, path).replace(/\.ts$/, '');
}

// One instance of each module: what an entry has in common with the library it takes from there.
function fromLibrary(modules, shared, folder, output) {
  const library = JSON.stringify(`./${relative(folder, join(output, 'library.js'))}`);
  return {
    name: 'from-library',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, namespace }) => {
        if (namespace === 'library') return { path, external: true };
        const name = moduleName(resolve(resolveDir, path));
        if (!modules.has(name)) return undefined;
        shared.add(name);
        return { path: name, namespace: 'library' };
      });
      onLoad({ filter: /./, namespace: 'library' }, ({ path }) => ({
        contents: `module.exports = require(${library}).shared[${JSON.stringify(path)}];`,
      }));
    },
  };
}

// A module that becomes a file of its own beside code.js.
function ownFile(module) {
  const name = module.split('/').at(-1);
  return {
    name: 'own-file',
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) =>
        moduleName(resolve(resolveDir, path)) === module
          ? { path: `./${name}.js`, external: true }
          : undefined,
      );
    },
  };
}

async function buildCode(shared, outfile) {
  const contents = [
    `export * as api from './index';`,
    `export { beforeFirstFrames } from './pipeline/first-frames';`,
    ...shared.map((name, index) => `import * as shared${index} from './${name}';`),
    `export const shared = {${shared.map((name, index) => `${JSON.stringify(name)}: shared${index}`).join()}};`,
  ].join('\n');
  const stdin = { contents, resolveDir: sources, sourcefile: 'code.ts', loader: 'ts' };
  await build({ ...common, stdin, outfile, plugins: [ownFile(rxjs)] });
  tidy(outfile);
}

// In ASCII, as the loader reads it: a string of such characters takes half the memory. Beyond them there are only comments. And classes
// with the names that they have in the sources, which traces show: esbuild calls one `_Name` that refers to itself.
function tidy(file) {
  const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const code = readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped);
  const renamed = new Set([...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name));
  const named = code.replace(/\b_(\w+)\b/g, (inner, name) => (renamed.has(name) ? name : inner));
  writeFileSync(file, named);
}

async function buildLibrary(output) {
  const hash = createHash('sha256')
    .update(readFileSync(join(output, 'code.js')))
    .digest('hex');
  await build({
    ...common,
    entryPoints: [sourceOf('code-cache/library')],
    outfile: join(output, 'library.js'),
    external: ['./code.js'],
    define: { BUILD: JSON.stringify(hash.slice(0, 16)) },
  });
}

// rxjs' ES modules, of which only what is used goes in.
async function buildRxjs(output) {
  await build({
    ...common,
    entryPoints: [sourceOf(rxjs)],
    outfile: join(output, 'rxjs.js'),
    packages: 'bundle',
    platform: 'neutral',
    conditions: ['es2015'],
  });
  copyFileSync(join(checkout, 'node_modules/rxjs/LICENSE.txt'), join(output, 'rxjs.LICENSE.txt'));
}

// The names are for ES modules: Node finds them in what looks like an assignment.
function writeIndex(output, names) {
  const lines = [
    '"use strict";',
    'module.exports = require("./library.js").api;',
    `0 && (module.exports = { ${names.join(', ')} });`,
  ];
  writeFileSync(join(output, 'index.js'), `${lines.join('\n')}\n`);
}
