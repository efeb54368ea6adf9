/**
 * Where code caches lie: one file for each installed library, Node and set of flags, in a folder of the user's.
 *
 * V8 runs what it reads: a cache is code. So one is read only if nobody could have written it who could not have written the
 * library itself, and it is written at once and whole.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** In a folder of caches; the newest are kept. */
const MOST_CACHES = 16;

/** What is left of a write that was interrupted, after these milliseconds. */
const STALE = 3_600_000;

/** The library's code, and what a cache of it must say. */
export interface CodeFile {
  /** All that V8 does not compare itself; of the source it compares only the length. Stack traces show the path in it. */
  readonly key: string;
  /** Of the cache, in any folder. */
  readonly name: string;
  /** User ids whose caches are as good as the library. */
  readonly owners: readonly number[];
  /** Folders where the cache may be, best first; written is the last. */
  readonly folders: readonly [string, ...string[]];
}

/** @throws where the file system does not answer. */
export function codeFile(path: string, build: string): CodeFile {
  const { size, mtimeMs, uid } = statSync(path);
  const flags = process.execArgv.filter((argument) => argument.startsWith('--'));
  const place = [path, process.version, process.arch, ...flags, process.env.NODE_OPTIONS ?? ''].join('\0');
  return {
    key: [place, build, size, mtimeMs].join('\0'),
    name: `${process.version}-${process.arch}-${shortHash(place)}.cache`,
    owners: [effectiveUser(), 0, uid],
    folders: [join(dirname(path), 'cache'), userFolder()],
  };
}

export function readCache(file: CodeFile): Buffer | undefined {
  for (const folder of file.folders) {
    const bytes = readFrom(folder, file);
    if (bytes) return bytes;
  }
  return undefined;
}

/** Never rejects: without a cache the next start takes longer, and that is all. */
export async function writeCache(file: CodeFile, make: () => Buffer): Promise<void> {
  const folder = file.folders[file.folders.length - 1] as string;
  try {
    if (!prepareFolder(folder)) return;
    const bytes = Buffer.concat([make(), Buffer.from(file.key)]);
    // Loaded late: a start that finds its cache does without.
    const fs: typeof import('node:fs/promises') = require('node:fs/promises');
    const path = join(folder, file.name);
    const fresh = `${path}.${process.pid}.${Date.now()}.new`;
    await fs.writeFile(fresh, bytes, { flag: 'wx', mode: 0o600, flush: true });
    await fs.rename(fresh, path);
    await removeOld(folder, fs);
  } catch {
    // A read-only or full disk, or somebody else's folder.
  }
}

/** The key stands at the end: V8 wants its data aligned. */
function readFrom(folder: string, { key, name, owners }: CodeFile): Buffer | undefined {
  let fd: number | undefined;
  try {
    // A link to a folder has a mode that lets everybody write.
    if (!isTrusted(lstatSync(folder), owners)) return undefined;
    fd = openSync(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    const stat = fstatSync(fd);
    if (!stat.isFile() || !isTrusted(stat, owners)) return undefined;
    const bytes = readFileSync(fd);
    const end = Math.max(0, bytes.length - Buffer.byteLength(key));
    return bytes.toString('utf8', end) === key ? bytes.subarray(0, end) : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function isTrusted({ uid, mode }: Stats, owners: readonly number[]): boolean {
  return owners.includes(uid) && (mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0;
}

/** The user's own. Root makes none in the home of a user, where the user could not write then. */
function prepareFolder(folder: string): boolean {
  const owners = [effectiveUser()];
  let above = folder;
  while (!existsSync(above)) above = dirname(above);
  if (!owners.includes(statSync(above).uid)) return false;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return isTrusted(lstatSync(folder), owners);
}

async function removeOld(folder: string, fs: typeof import('node:fs/promises')): Promise<void> {
  const caches: { path: string; written: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    const path = join(folder, name);
    const written = (await fs.stat(path)).mtimeMs;
    if (name.endsWith('.cache')) caches.push({ path, written });
    else if (name.endsWith('.new') && Date.now() - written > STALE) await fs.unlink(path);
  }
  caches.sort((a, b) => b.written - a.written);
  for (const { path } of caches.slice(MOST_CACHES)) await fs.unlink(path);
}

function userFolder(): string {
  const { DMAFLOW_CODE_CACHE, XDG_CACHE_HOME = '' } = process.env;
  if (DMAFLOW_CODE_CACHE) return DMAFLOW_CODE_CACHE;
  // As the XDG Base Directory Specification has it, a path that is not absolute is ignored.
  const base = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'dmaflow/code');
}

function effectiveUser(): number {
  return process.geteuid?.() ?? -1;
}

/** FNV-1a: names need not be secret, and the key decides. Node's own hashes take longer to load than a cache to read. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
