const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { examine } = require('../../scripts/prebuild/check.mjs');
const { targets } = require('../../scripts/prebuild/targets.mjs');

const checkout = join(__dirname, '../..');
const prebuilt = (target, addon) => join(checkout, 'prebuilds', target.name, `${addon}.glibc.node`);
/** Those of the layer; all where jest is run by hand. */
const names = process.env.DMAFLOW_TEST_TARGETS?.split(',') ?? targets.map(({ name }) => name);
const tested = targets.filter(({ name }) => names.includes(name));
const all = tested.flatMap((target) =>
  target.addons.map((addon) => [target.name, addon, prebuilt(target, addon)]),
);

/** Of this machine. */
const glibc = execFileSync('getconf', ['GNU_LIBC_VERSION'], { encoding: 'utf8' }).trim().split(' ')[1];

describe.each(all)('%s, %s', (name, _addon, file) => {
  const title = 'runs on Debian 12, Ubuntu 22.04 and newer, needs nothing else and shows its entry only';
  // A newer compiler's C++ library takes a newer glibc.
  if (glibc !== '2.36') it.skip(`${title} (not run: only what Debian 12 builds goes to users)`, () => {});
  else it(title, () => expect(examine(file).faults).toEqual([]));

  it('is small, stripped, and says nothing of where it was built', () => {
    expect(statSync(file).size).toBeLessThan(1.5 * 1024 * 1024);
    expect(execFileSync('readelf', ['-S', '--wide', file], { encoding: 'utf8' })).not.toContain('.symtab');
    const content = readFileSync(file);
    expect([checkout, tmpdir(), process.env.HOME].filter((path) => content.includes(`${path}/`))).toEqual([]);
  });

  if (name === `linux-${process.arch}`) {
    it('loads in this Node', () => {
      const program = 'console.log(typeof require(process.argv[1]).initialize)';
      expect(execFileSync(process.execPath, ['-e', program, file], { encoding: 'utf8' })).toBe('function\n');
    });
  }
});

describe('the check', () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dmaflow-check-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds libraries that are not linked in', () => {
    expect(examine(join(checkout, 'build/Release/dmaflow.node')).faults).toEqual(
      expect.arrayContaining([
        'it needs the library libdrm.so.2, which is to be linked in',
        expect.stringContaining('libstdc++.so.6'),
      ]),
    );
  });

  it('finds symbols of a newer glibc and those that others can see', () => {
    const [source, file] = [join(folder, 'newer.c'), join(folder, 'dmaflow.node')];
    writeFileSync(source, '#include <stdlib.h>\nunsigned visible(void) { return arc4random(); }\n');
    execFileSync('gcc', ['-shared', '-fPIC', '-o', file, source]);
    expect(examine(file)).toEqual({
      glibc: '2.36',
      needed: ['libc.so.6'],
      faults: [
        'arc4random needs glibc 2.36; the newest that it may need is 2.34',
        'visible is visible to other libraries',
      ],
    });
  });
});
