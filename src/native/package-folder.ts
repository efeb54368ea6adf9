import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package: binding.gyp, build/ and prebuilds/ are in it, whether this runs from src/ or from dist/. */
export const PACKAGE_FOLDER = packageFolder();

function packageFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
