// Where things are: in the checkout, and in the cache outside of it.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Made by the set-up inside the checkout; none of it is committed. */
export const buildDirectory = join(checkout, 'build');
export const logDirectory = join(buildDirectory, 'logs');

/** What takes minutes to make and does not depend on the checkout, such as a kernel. */
export function cacheDirectory(environment = process.env) {
  if (environment.DMAFLOW_CACHE) return resolve(environment.DMAFLOW_CACHE);
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dmaflow');
}

/** True inside the emulated board, where the checkout is read-only and nothing can be installed. */
export const onBoard = process.env.DMAFLOW_BOARD === '1';
