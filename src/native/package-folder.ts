import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the file that runs. Bundled as an ES module it has no `__dirname`; the program's folder then. */
export const MODULE_FOLDER = typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? '.');

/** The folder of this package: native/, build/ and prebuilds/ are in it, whether this runs from src/ or from dist/. */
export const PACKAGE_FOLDER = packageFolder();

function packageFolder(): string {
  let folder = MODULE_FOLDER;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
