// Is a build still that of its sources? A stamp keeps the hash of what it was made from.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A hash over files and whole directories, given relative to the root, and over further text.
 * @param {string} root
 * @param {string[]} paths those that do not exist count as absent
 * @param {string[]} [more]
 */
export function hashOf(root, paths, more = []) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((path) => filesUnder(root, path))) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  for (const text of more) hash.update(`${text}\0`);
  return hash.digest('hex');
}

export function hasStamp(path, hash) {
  return existsSync(path) && readFileSync(path, 'utf8').trim() === hash;
}

export function writeStamp(path, hash) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${hash}\n`);
}

function filesUnder(root, path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesUnder(root, join(path, name)));
}
