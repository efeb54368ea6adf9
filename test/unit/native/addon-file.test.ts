import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Host } from '../../../src/native/addon-errors';
import { addonPlaces, libcOf, loadAddonFile } from '../../../src/native/addon-file';

const X64: Host = { platform: 'linux', arch: 'x64', machine: 'x86_64', libc: 'glibc' };
const PREBUILT = 'prebuilds/linux-x64/dmaflow.glibc.node';

let folder: string;
let prebuildsOnly: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmaflow-addon-'));
  prebuildsOnly = process.env.PREBUILDS_ONLY;
  delete process.env.PREBUILDS_ONLY;
  write('package/package.json', '{"name": "dmaflow"}');
});

afterEach(() => {
  if (prebuildsOnly !== undefined) process.env.PREBUILDS_ONLY = prebuildsOnly;
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const gcc = (...args: string[]) =>
  execFileSync('gcc', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

function load(host: Host = X64, name: 'dmaflow' | 'dmaflow_gst' = 'dmaflow'): unknown {
  const folders = { packageFolder: join(folder, 'package'), moduleFolder: join(folder, 'bundle') };
  return loadAddonFile(name, folders, host);
}

describe('the place', () => {
  const places = (host: Host, only = false) =>
    addonPlaces('dmaflow', { packageFolder: '/p', moduleFolder: '/b' }, host, only);

  it('is what was built here, then what is prebuilt, in the package or beside a bundle', () => {
    expect(places(X64)).toEqual(['/p/build/Release/dmaflow.node', `/p/${PREBUILT}`, `/b/${PREBUILT}`]);
    expect(places(X64, true)).toEqual([`/p/${PREBUILT}`, `/b/${PREBUILT}`]);
  });

  it('is another one for another C library, and none prebuilt for an ARM that is older than ARMv7', () => {
    expect(places({ ...X64, libc: 'musl' })).toContain('/p/prebuilds/linux-x64/dmaflow.musl.node');
    const arm = { ...X64, arch: 'arm', machine: 'armv7l' };
    expect(places(arm)).toContain('/p/prebuilds/linux-arm/dmaflow.glibc.node');
    expect(places({ ...arm, machine: 'armv6l' })).toEqual(['/p/build/Release/dmaflow.node']);
  });

  it('depends on the C library of this Node', () => {
    expect(libcOf(process.execPath)).toBe('glibc');
    expect(libcOf(write('node', '\x7fELF…/lib/ld-musl-x86_64.so.1\0'))).toBe('musl');
  });
});

describe('where there is none', () => {
  it('the error names what there is, and how to build one', () => {
    write(`package/${PREBUILT}`, '');
    write('package/prebuilds/linux-arm/dmaflow.glibc.node', '');
    write('package/prebuilds/linux-x64/dmaflow_gst.glibc.node', '');
    expect(() => load({ ...X64, arch: 'riscv64' })).toThrow(
      'the package has no prebuilt dmaflow.node for linux (riscv64) with glibc: it is for linux-arm (glibc), linux-x64 (glibc). ' +
        'Build one for this machine: npx dmaflow build (it says what it needs)',
    );
    expect(() => load({ ...X64, libc: 'musl' })).toThrow(
      '(x64) with musl: it is for linux-arm (glibc), linux-x64',
    );
    expect(() => load({ ...X64, arch: 'arm', machine: 'armv6l' })).toThrow(
      'for linux (arm, armv6l) with glibc',
    );
    expect(() => load({ ...X64, platform: 'darwin' })).toThrow('dmaflow runs on Linux; this is darwin');
  });

  it('because a bundler took the JavaScript along, the error names the option', () => {
    write('package/package.json', '{"name": "an-application"}');
    expect(() => load()).toThrow(/was bundled into another file.*--external:dmaflow.*'prebuilds'/);
  });
});

describe('what does not load', () => {
  // A library that no machine has, of a name that the table knows.
  it('for a missing library names its package', () => {
    const empty = ['-shared', '-x', 'c', '/dev/null', '-x', 'none'];
    gcc(...empty, '-Wl,-soname,libgstvideo-1.0.so.0.9.9', '-o', 'libgstvideo.so');
    mkdirSync(join(folder, 'package/build/Release'), { recursive: true });
    gcc(...empty, '-Wl,--no-as-needed', 'libgstvideo.so', '-o', 'package/build/Release/dmaflow_gst.node');
    rmSync(join(folder, 'libgstvideo.so'));
    expect(() => load(X64, 'dmaflow_gst')).toThrow(
      /needs the library libgstvideo-1\.0\.so\.0\.9\.9, which is not installed\. .*apt-get install libgstreamer1\.0-0 /,
    );
  });

  it('for an older glibc says which one it takes', () => {
    const version = write('version', 'GLIBC_9.99 { global: later; };');
    gcc(
      '-shared',
      '-nostdlib',
      '-Wl,-soname,libc.so.6',
      `-Wl,--version-script=${version}`,
      '-o',
      'libc.so.6',
      write('later.c', 'void later(void) {}'),
    );
    mkdirSync(join(folder, 'package/prebuilds/linux-x64'), { recursive: true });
    gcc(
      '-shared',
      '-nostdlib',
      '-o',
      `package/${PREBUILT}`,
      write('user.c', 'void later(void); void use(void) { later(); }'),
      'libc.so.6',
    );
    expect(() => load()).toThrow(
      /dmaflow\.glibc\.node needs GLIBC 9\.99, and the C library here is older\. Take a newer system .*npx dmaflow build/,
    );
  });

  it('for another processor says so', () => {
    mkdirSync(join(folder, 'package/build/Release'), { recursive: true });
    const file = join(folder, 'package/build/Release/dmaflow.node');
    gcc('-shared', '-o', file, '-x', 'c', '/dev/null');
    const content = readFileSync(file);
    // e_machine: s390, on which no test of this project runs.
    content.writeUInt16LE(22, 18);
    writeFileSync(file, content);
    expect(() => load()).toThrow(
      /was built for another processor than this one \(x64\)\. Delete it, or set PREBUILDS_ONLY=1/,
    );
  });
});
