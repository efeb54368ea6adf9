import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BUILT = join(__dirname, '../../../dist/library.js');
const STRANGER = 12345;
const itAsRoot = process.geteuid?.() === 0 ? it : it.skip;

/** As a pipeline's first start does, when it has compiled what it needs. */
const CODE = `
  let task;
  exports.beforeFirstFrames = (then) => { task = then; };
  exports.start = () => { exports.answer = 42; task?.(); };`;
/** Prints whether V8 refused the cache; undefined where it was given none. */
const PROGRAM = `
  const vm = require('node:vm');
  const log = [];
  vm.Script = class extends vm.Script {
    constructor(...args) { super(...args); log.push(String(this.cachedDataRejected)); }
  };
  const library = require('./library.js');
  library.start();
  console.log(library.answer, ...log);`;
const PLAIN = '42';
const WITHOUT = '42 undefined';
const ACCEPTED = '42 false';
const REFUSED = '42 true';

let folder: string;
let home: string;
const caches = () => join(home, '.cache/dmaflow/code');
const names = (where = caches()) => (existsSync(where) ? readdirSync(where) : []);
const cache = () => join(caches(), names()[0] ?? 'none');
const code = () => join(folder, 'code.js');

function start(env: NodeJS.ProcessEnv = {}, ...flags: string[]): string {
  const { PATH } = process.env;
  return execFileSync(process.execPath, [...flags, '-e', PROGRAM], {
    cwd: folder,
    env: { PATH, HOME: home, ...env },
    encoding: 'utf8',
  }).trim();
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dmaflow-home-'));
  folder = join(home, 'app');
  mkdirSync(folder);
  copyFileSync(BUILT, join(folder, 'library.js'));
  writeFileSync(code(), CODE);
});
afterEach(() => rmSync(home, { recursive: true }));

describe('the code cache', () => {
  it('is made by the first start, for the user alone, and used by the next', () => {
    expect(start()).toBe(WITHOUT);
    expect(names()).toEqual([
      expect.stringMatching(`^${process.version}-${process.arch}-[0-9a-f]{8}\\.cache$`),
    ]);
    expect(lstatSync(caches()).mode & 0o777).toBe(0o700);
    expect(lstatSync(cache()).mode & 0o777).toBe(0o600);
    expect(start()).toBe(ACCEPTED);
  });

  it('is not written again by a start that used it', () => {
    start();
    const before = statSync(cache()).ino;
    start();
    expect(statSync(cache()).ino).toBe(before);
  });

  it('lies where XDG_CACHE_HOME or DMAFLOW_CODE_CACHE says', () => {
    start({ XDG_CACHE_HOME: join(home, 'xdg') });
    expect(names(join(home, 'xdg/dmaflow/code'))).toHaveLength(1);
    start({ DMAFLOW_CODE_CACHE: join(home, 'own') });
    expect(names(join(home, 'own'))).toHaveLength(1);
    expect(names()).toEqual([]);
  });

  it('is whole after programs that made it at the same time', async () => {
    const env = { PATH: process.env.PATH, HOME: home };
    const options = { cwd: folder, env, encoding: 'utf8' } as const;
    const starts = Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['-e', PROGRAM], options),
    );
    for (const { stdout } of await Promise.all(starts)) expect([WITHOUT, ACCEPTED]).toContain(stdout.trim());
    expect(names()).toHaveLength(1);
    expect(start()).toBe(ACCEPTED);
  });

  it('takes a folder of the user that others can read', () => {
    mkdirSync(join(home, 'own'), { mode: 0o755 });
    start({ DMAFLOW_CODE_CACHE: join(home, 'own') });
    expect(start({ DMAFLOW_CODE_CACHE: join(home, 'own') })).toBe(ACCEPTED);
  });

  it('is neither read nor made with DMAFLOW_CODE_CACHE=0', () => {
    expect(start({ DMAFLOW_CODE_CACHE: '0' })).toBe(PLAIN);
    expect(names()).toEqual([]);
  });

  it('is read from beside the library, where an image has one that was made beforehand', () => {
    start({ DMAFLOW_CODE_CACHE: join(folder, 'cache') });
    expect(start()).toBe(ACCEPTED);
    expect(names()).toEqual([]);
  });

  it('has one file for each set of flags', () => {
    start();
    expect(start({}, '--no-lazy')).toBe(WITHOUT);
    expect(start({ NODE_OPTIONS: '--max-old-space-size=200' })).toBe(WITHOUT);
    expect(names()).toHaveLength(3);
    expect(start()).toBe(ACCEPTED);
  });

  it('is of no use for a file that changed, of which V8 compares only the length', () => {
    start();
    writeFileSync(code(), CODE.replace('42', '43'));
    utimesSync(code(), 1, 1);
    expect(start()).toBe('43 undefined');
    expect(start()).toBe('43 false');
    expect(names()).toHaveLength(1);
  });

  it('is of no use in another folder, which stack traces would show', () => {
    start();
    const moved = join(home, 'moved');
    cpSync(folder, moved, { recursive: true, preserveTimestamps: true });
    folder = moved;
    expect(start()).toBe(WITHOUT);
  });

  it('keeps the newest sixteen, and nothing of writes that were interrupted', () => {
    mkdirSync(caches(), { recursive: true, mode: 0o700 });
    const put = (name: string, age: number) => {
      writeFileSync(join(caches(), name), '');
      const written = Date.now() / 1000 - age;
      utimesSync(join(caches(), name), written, written);
    };
    for (let age = 1; age <= 20; age++) put(`old${age}.cache`, age);
    put('a.cache.1.1.new', 7200);
    put('b.cache.2.2.new', 60);
    start();
    const left = names();
    expect(left.filter((name) => name.endsWith('.cache'))).toHaveLength(16);
    expect(left).toContain('old15.cache');
    expect(left).not.toContain('old16.cache');
    expect(left.filter((name) => name.endsWith('.new'))).toEqual(['b.cache.2.2.new']);
  });
});

describe('a code cache that somebody spoilt', () => {
  const [key, length] = ['.cache', 100];

  it.each([
    [
      'is cut short',
      (bytes: Buffer, end: number) => Buffer.concat([bytes.subarray(0, length), bytes.subarray(end)]),
    ],
    ['is empty but for its key', (bytes: Buffer, end: number) => bytes.subarray(end)],
    ['is of another V8', (bytes: Buffer) => bytes.fill(0xff, 4, 8)],
  ])('is refused by V8 and made anew where it %s', (_, spoil) => {
    start();
    const bytes = readFileSync(cache());
    writeFileSync(cache(), spoil(bytes, bytes.indexOf(`${code()}\0`)));
    expect(start()).toBe(REFUSED);
    expect(start()).toBe(ACCEPTED);
  });

  it.each([
    ['a folder that others can write', () => chmodSync(caches(), 0o770)],
    ['a file that others can write', () => chmodSync(cache(), 0o666)],
    [
      'a link to a folder',
      () => {
        renameSync(caches(), join(home, 'elsewhere'));
        symlinkSync(join(home, 'elsewhere'), caches());
      },
    ],
    [
      'a link to a file',
      () => {
        const path = cache();
        renameSync(path, join(home, `elsewhere${key}`));
        symlinkSync(join(home, `elsewhere${key}`), path);
      },
    ],
  ])('is not read through %s', (_, spoil) => {
    start();
    spoil();
    expect(start()).toBe(WITHOUT);
  });

  itAsRoot.each([
    ['file', () => chownSync(cache(), STRANGER, STRANGER)],
    ['folder', () => chownSync(caches(), STRANGER, STRANGER)],
  ])('is not read where the %s is a stranger’s', (_, spoil) => {
    start();
    spoil();
    expect(start()).toBe(WITHOUT);
  });

  itAsRoot('is read where it belongs to whom the library belongs to', () => {
    start();
    for (const path of [cache(), caches(), code()]) chownSync(path, STRANGER, STRANGER);
    expect(start()).toBe(ACCEPTED);
  });

  itAsRoot('is not made in the home of another user, who could not write there any more', () => {
    chownSync(home, STRANGER, STRANGER);
    expect(start()).toBe(WITHOUT);
    expect(existsSync(join(home, '.cache'))).toBe(false);
  });
});

describe('the library without its cache', () => {
  it('starts where no cache can be written', () => {
    writeFileSync(join(home, '.cache'), 'a file where a folder should be');
    expect(start()).toBe(WITHOUT);
    expect(start()).toBe(WITHOUT);
  });

  it('is required like any other file where a test runner has built-ins of its own', () => {
    const program = `
      const vm = require('node:vm');
      const module = { filename: ${JSON.stringify(join(folder, 'library.js'))}, exports: {} };
      const context = vm.createContext({ require, module, exports: module.exports, __dirname: process.cwd(), process });
      vm.runInContext(require('node:fs').readFileSync(module.filename, 'utf8'), context);
      console.log(module.exports === require('./code.js'));`;
    expect(execFileSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' })).toBe('true\n');
  });

  it('throws what its code throws, and runs it once', () => {
    writeFileSync(code(), 'console.log("run"); throw new Error("in the code");');
    const program = 'try { require("./library.js"); } catch (error) { console.log(error.message); }';
    expect(execFileSync(process.execPath, ['-e', program], { cwd: folder, encoding: 'utf8' })).toBe(
      'run\nin the code\n',
    );
  });
});
