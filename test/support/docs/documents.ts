/** The documents that people read: those of the checkout's root and of docs/. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, type Place, parseMarkdown } from './markdown';

/** The checkout, also in the board. */
export const checkout = process.cwd();

export function readDocuments(): Document[] {
  return ['.', 'docs']
    .filter((folder) => existsSync(join(checkout, folder)))
    .flatMap((folder) => readdirSync(join(checkout, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'))
    .map((path) => parseMarkdown(path, readFileSync(join(checkout, path), 'utf8')));
}

/** As editors and terminals link it. */
export function at({ document, line }: Place): string {
  return `${document}:${line}`;
}
