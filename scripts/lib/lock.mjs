// A lock file: one process at a time prepares a thing, the others wait for it.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 500;

/**
 * Runs `body` while holding the lock. A lock whose process is gone is taken over.
 * @param {string} path
 * @param {(holder: number) => void} onWait called once when another process holds the lock
 * @param {() => Promise<T>} body
 * @template T
 */
export async function withLock(path, onWait, body) {
  mkdirSync(dirname(path), { recursive: true });
  let waited = false;
  while (!tryLock(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && !isAlive(holder)) {
      breakLock(path, holder);
      continue;
    }
    if (!waited && holder !== undefined) onWait(holder);
    waited = true;
    await delay(POLL_MS);
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await body();
  } finally {
    process.off('exit', release);
    release();
  }
}

// The file appears with its content: a link, since creating and then writing would show an empty file.
function tryLock(path) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

// Moved aside first: of several processes that found the lock abandoned, one gets it. Should it be a newer lock by
// then, it is put back.
function breakLock(path, deadHolder) {
  const aside = `${path}.${process.pid}.abandoned`;
  try {
    renameSync(path, aside);
    if (holderOf(aside) !== deadHolder) linkSync(aside, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(path) {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Is there a process of this number, whosever it is? */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
