// The declarations that users see: those which the package's entries reach. The compiler writes one for every module.
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const entries = ['index.d.ts', 'testing/index.d.ts'];

/** @param {string} output folder of the compiler */
export function keepReachable(output) {
  const reached = new Set();
  const reach = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/\b(?:from|import\()\s*['"](\.[^'"]*)['"]/g)) {
      reach(`${join(dirname(file), path)}.d.ts`);
    }
  };
  for (const entry of entries) reach(join(output, entry));
  removeOthers(output, reached);
}

function removeOthers(folder, kept) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeOthers(path, kept);
    else if (path.endsWith('.d.ts') && !kept.has(path)) rmSync(path);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
