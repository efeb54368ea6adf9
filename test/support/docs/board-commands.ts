/** The commands and programs that the boot `docs` runs, as a user would: in a folder that has dmaflow as a dependency. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, withoutNpm } from './commands';
import { checkout } from './documents';
import type { Document } from './markdown';

/** What is typed on the board itself, and where: npm's scripts belong to the checkout. */
export function onBoard({ text }: Command, userFolder: string): { text: string; folder: string } {
  const inBoard = /^npm run board -- (.*)$/.exec(text)?.[1];
  if (inBoard !== undefined) return { text: inBoard, folder: checkout };
  const script = withoutNpm(text);
  return { text: script, folder: script === text ? userFolder : checkout };
}

/** A folder with the files that documents name in their fences, as a reader would save them. */
export function userFolder(documents: Document[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(checkout, join(folder, 'node_modules/dmaflow'));
  for (const { file, code } of documents.flatMap(({ blocks }) => blocks)) {
    if (file !== undefined) writeFileSync(join(folder, file), `${code}\n`);
  }
  return folder;
}
