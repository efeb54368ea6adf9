/** What pack.ts has left. */
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.DMAFLOW_PACKAGE_TEST ?? '';

/** A project that has dmaflow as its only dependency, installed by npm without scripts. */
export const app = join(folder, 'app');

/** The package in it. */
export const installed = join(app, 'node_modules/dmaflow');

/** The packed package. */
export const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');

/** A folder of that project, with test/package/programs in it. */
export function programs(): string {
  return writePrograms(mkdtempSync(join(app, 'programs-')));
}

export function writePrograms(project: string): string {
  cpSync(join(__dirname, '../programs'), project, { recursive: true });
  return project;
}
