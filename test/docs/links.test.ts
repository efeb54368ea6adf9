/** Links lead somewhere: in the checkout, and for those who have the package only. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { at, checkout, readDocuments } from '../support/docs/documents';
import { anchorOf } from '../support/docs/markdown';

const documents = readDocuments();
const links = documents
  .flatMap((document) => document.links)
  .filter(({ target }) => !/^[a-z]+:/.test(target));
const relative = links.map((link) => {
  const [path = '', anchor] = link.target.split('#');
  return {
    ...link,
    place: at(link),
    anchor,
    path: path ? normalize(join(dirname(link.document), path)) : link.document,
  };
});

it.each(relative)('$target ($place)', ({ path, anchor }) => {
  expect(existsSync(join(checkout, path))).toBe(true);
  const headings = documents.find((document) => document.path === path)?.headings;
  if (anchor !== undefined) expect(headings?.map(anchorOf)).toContain(anchor);
});

/** The benchmark's results are many files, for those who repeat it. */
const CHECKOUT_ONLY = 'bench/results/';

it('lead to what is in the package, from what is in the package', () => {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const [packed] = JSON.parse(execFileSync('npm', pack, { cwd: checkout, encoding: 'utf8' }));
  const files = new Set<string>(packed.files.map(({ path }: { path: string }) => path));
  expect(files).toContain('README.md');
  const dead = relative.filter(({ document, path }) => {
    return files.has(document) && !files.has(path) && !path.startsWith(CHECKOUT_ONLY);
  });
  expect(dead.map(({ target, place }) => `${target} (${place})`)).toEqual([]);
});
