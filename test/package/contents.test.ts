import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { installed, tarball } from './support/installed';

/** What may be in the package, folder by folder; the first that fits says which of the totals a file belongs to. */
const PARTS: readonly [part: string, files: RegExp][] = [
  ['addons', /^prebuilds\/linux-(x64|arm64|arm)\/dmaflow(_gst)?\.(glibc|musl)\.node$/],
  ['JavaScript', /^dist\/(index|library|code|rxjs|testing\/index|cli\/main|pipeline\/worker-main)\.js$/],
  ['declarations', /^dist\/.*\.d\.ts$/],
  ['native sources', /^native\//],
  ['documents', /^(docs\/[\w-]+\.(md|png)|(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING)\.md)$/],
  ['licences', /^(LICENSE|dist\/rxjs\.LICENSE\.txt|prebuilds\/NOTICES\.txt)$/],
  ['package.json', /^package\.json$/],
];

const kib = (bytes: number) => `${Math.ceil(bytes / 1024)} KiB`;

describe('the packed package', () => {
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
  const partOf = (file: string) => PARTS.find(([, pattern]) => pattern.test(file))?.[0];
  const bytesOf = (some: readonly string[]) =>
    some.reduce((sum, file) => sum + statSync(join(installed, file)).size, 0);

  it('has nothing that it need not have', () => {
    expect(files.filter((file) => partOf(file) === undefined)).toEqual([]);
  });

  it('has all that its users load', () => {
    for (const [part] of PARTS)
      expect([part, files.filter((file) => partOf(file) === part).length]).not.toEqual([part, 0]);
  });

  it('is as small as docs/install.md says', () => {
    const lines = PARTS.map(([part]) => {
      const some = files.filter((file) => partOf(file) === part);
      return `${part}: ${some.length} files, ${kib(bytesOf(some))}`;
    });
    const total = `all: ${files.length} files, ${kib(bytesOf(files))}, packed ${kib(statSync(tarball).size)}`;
    process.stdout.write(`${[...lines, total].map((line) => `    ${line}\n`).join('')}`);
    const addons = bytesOf(files.filter((file) => partOf(file) === 'addons'));
    expect(bytesOf(files) - addons).toBeLessThan(1.5 * 1024 * 1024);
    expect(files.length).toBeLessThan(300);
  });

  it('runs no script when it is installed, and has nothing that makes a package manager build it', () => {
    const { scripts, gypfile } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(Object.keys(scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$|^prepare$/)]),
    );
    expect(gypfile).toBe(false);
    expect(files.filter((file) => file.endsWith('.gyp') && !file.includes('/'))).toEqual([]);
  });

  it.each(['README.md', 'docs/install.md'])('has what %s links to', (document) => {
    const text = readFileSync(join(installed, document), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target as string);
    const relative = targets.filter((target) => !/^https?:/.test(target));
    expect(relative.filter((target) => !existsSync(join(installed, document, '..', target)))).toEqual([]);
  });
});
