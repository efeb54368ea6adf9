// Built addons, kept for other checkouts: a build takes a minute and more.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDirectory } from './paths.mjs';

/** Files of other states of the sources that stay. */
const KEPT = 24;

const directory = () => join(cacheDirectory(), 'addon');

/** @param {string} name which says of what it was made @returns {string} its path, whether it exists or not */
export const cachedAddon = (name) => join(directory(), `${name}.node`);

/** @param {string} name @param {string} file */
export async function keepAddon(name, file) {
  await replaceFile(file, cachedAddon(name));
  const age = (each) => statSync(join(directory(), each)).mtimeMs;
  const old = readdirSync(directory()).sort((a, b) => age(b) - age(a));
  for (const each of old.slice(KEPT)) rmSync(join(directory(), each), { force: true });
}

/** Copies at once: a board that runs never sees half of it. @param {string} source @param {string} target */
export async function replaceFile(source, target) {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, `${target}.new`);
  await rename(`${target}.new`, target);
}

/** @param {string[]} names */
export const areCached = (names) => names.every((name) => existsSync(cachedAddon(name)));
