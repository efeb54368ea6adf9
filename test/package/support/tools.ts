/** Other versions of Node, and other package managers, as npm has them: versions.ts pins them, and the project's cache keeps them. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run';
import { NODES, TOOLS } from './versions';

const { cacheDirectory }: { cacheDirectory(): string } = require('../../../scripts/lib/paths.mjs');

/** For each Node that the package is for. */
export const NODE_VERSIONS: readonly string[] = NODES[process.arch] ?? [];
export const NEWEST_NODE = NODE_VERSIONS.at(-1) ?? '';

/** Node's program. */
export function node(version: string): string {
  if (process.version === `v${version}`) return process.execPath;
  return join(npmPackage(`node-linux-${process.arch}`, version, ['bin/node']), 'bin/node');
}

/** The folder of a package of versions.ts. */
export function tool(name: keyof typeof TOOLS): string {
  return npmPackage(name, TOOLS[name]);
}

/** @param parts what is kept of the package; all when absent. */
function npmPackage(name: string, version: string, parts?: readonly string[]): string {
  const kept = join(cacheDirectory(), 'npm', `${name.replace('/', '+')}-${version}`);
  if (existsSync(kept)) return kept;
  mkdirSync(dirname(kept), { recursive: true });
  const folder = mkdtempSync(`${kept}.`);
  try {
    const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    run('npm', ['install', ...options, `${name}@${version}`], { cwd: folder });
    const installed = join(folder, 'node_modules', name);
    if (parts) keepOnly(installed, parts);
    // Another test may have been faster.
    if (!existsSync(kept)) renameSync(installed, kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
}

// Of Node's package, npm and the headers are the larger half.
function keepOnly(folder: string, parts: readonly string[]): void {
  for (const { name, parentPath } of readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => !entry.isDirectory(),
  )) {
    const path = join(parentPath, name);
    if (!parts.includes(path.slice(folder.length + 1))) rmSync(path);
  }
}
