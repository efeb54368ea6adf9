// `npm run build:arm64`: prebuilds/linux-arm64/dmaflow.node (docs/cross-build.md).
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { buildArm64Addon } from './arm64-addon.mjs';
import { Failure } from './failure.mjs';
import { readOptions } from './options.mjs';
import { say } from './progress.mjs';
import { setUp } from './set-up.mjs';

const usage = 'npm run build:arm64 -- [--sysroot DIRECTORY] [--yes]';

const options = { sysroot: { type: 'string' }, yes: { type: 'boolean' } };

export async function buildArm64() {
  const values = readOptions(usage, options);
  const sysroot = values.sysroot && resolve(values.sysroot);
  if (sysroot && !existsSync(sysroot))
    throw new Failure(`There is no directory ${sysroot}.`, { exitCode: 2 });
  await setUp(['cross'], { yes: values.yes });
  say(relative(process.cwd(), await buildArm64Addon({ sysroot })));
}
