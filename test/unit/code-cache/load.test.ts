import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const loader = join(__dirname, '../../../dist/code-cache/load.js');
/** As make.ts does it, for `code.js` in the working directory. */
const MAKE = `
  const { load, loadedScripts, writeCache } = require(${JSON.stringify(loader)});
  load(process.cwd(), './code.js');
  for (const [file, script] of loadedScripts()) writeCache(file, script);`;
const SHOW = `
  const { load, loadedScripts } = require(${JSON.stringify(loader)});
  const { answer } = load(process.cwd(), './code.js');
  const [[, { cachedDataRejected }]] = loadedScripts();
  console.log(JSON.stringify({ answer, cachedDataRejected }));`;

let folder: string;
const code = () => join(folder, 'code.js');
const cache = () => join(folder, readdirSync(folder).find((name) => name.endsWith('.cache')) ?? 'none');
const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
/** Of the cache, with the path after them. */
const bytesOf = (count: number) =>
  Buffer.concat([readFileSync(cache()).subarray(0, count), Buffer.from(code())]);
const show = (...flags: string[]) => JSON.parse(node(...flags, '-e', SHOW));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmaflow-cache-'));
  writeFileSync(code(), 'exports.answer = 42;');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the loader of the built library', () => {
  it('does without a cache', () => {
    expect(show()).toEqual({ answer: 42 });
  });

  it('uses the cache of this Node', () => {
    node('-e', MAKE);
    expect(cache()).toContain(`code.js.${process.version}-${process.arch}.cache`);
    expect(show()).toEqual({ answer: 42, cachedDataRejected: false });
  });

  it('leaves a cache alone that is older than its file, of which V8 compares only the length', () => {
    node('-e', MAKE);
    writeFileSync(code(), 'exports.answer = 43;');
    const later = Date.now() / 1000 + 10;
    utimesSync(code(), later, later);
    expect(show()).toEqual({ answer: 43 });
  });

  it('leaves a cache alone that was made in another folder, which stack traces would show', () => {
    node('-e', MAKE);
    const moved = join(folder, 'moved');
    mkdirSync(moved);
    for (const path of [cache(), code()])
      cpSync(path, join(moved, basename(path)), { preserveTimestamps: true });
    folder = moved;
    expect(show()).toEqual({ answer: 42 });
    folder = join(moved, '..');
  });

  it.each([
    ['is cut short', () => writeFileSync(cache(), bytesOf(100))],
    ['is empty', () => writeFileSync(cache(), bytesOf(0))],
    ['is of another V8', () => writeFileSync(cache(), readFileSync(cache()).fill(0xff, 4, 8))],
  ])('compiles anew where the cache %s', (_, spoil) => {
    node('-e', MAKE);
    spoil();
    expect(show()).toEqual({ answer: 42, cachedDataRejected: true });
  });

  it('compiles anew under other flags of V8', () => {
    node('-e', MAKE);
    expect(show('--no-lazy')).toEqual({ answer: 42, cachedDataRejected: true });
  });

  it('runs a file once, and none that failed', () => {
    writeFileSync(
      code(),
      'globalThis.runs = (globalThis.runs ?? 0) + 1; if (globalThis.runs < 2) throw new Error("first");',
    );
    const program = `
      const { load } = require(${JSON.stringify(loader)});
      try { load(process.cwd(), './code.js'); } catch (error) { console.log(error.message); }
      console.log(load(process.cwd(), './code.js') === load(process.cwd(), './code.js'), globalThis.runs);`;
    expect(node('-e', program)).toBe('first\ntrue 2\n');
  });

  it("leaves it to a test runner's own module system where that has built-ins of its own", () => {
    const program = `
      const vm = require('node:vm');
      const context = vm.createContext({ require, module: {}, exports: {}, __dirname: process.cwd(), process });
      vm.runInContext(require('node:fs').readFileSync(${JSON.stringify(loader)}, 'utf8'), context);
      console.log(context.module.exports.load(process.cwd(), './code.js') === require('./code.js'));`;
    expect(node('-e', program)).toBe('true\n');
  });
});
