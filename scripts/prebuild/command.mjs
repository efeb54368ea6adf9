// `npm run prebuild`: the addons that the package brings along, into prebuilds/ (docs/prebuilt.md).
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { installMissing } from '../lib/apt.mjs';
import { Failure } from '../lib/failure.mjs';
import { installNpmPackages } from '../lib/npm-packages.mjs';
import { readOptions } from '../lib/options.mjs';
import { checkout } from '../lib/paths.mjs';
import { say } from '../lib/progress.mjs';
import { buildPrebuilt } from './addons.mjs';
import { examine } from './check.mjs';
import { missingForPrebuild } from './requirements.mjs';
import { targetNamed, targets } from './targets.mjs';

const usage = 'npm run prebuild -- [--target NAME]… [--yes]';

const options = {
  // All when absent.
  target: { type: 'string', multiple: true },
  yes: { type: 'boolean' },
};

export async function prebuild() {
  const values = readOptions(usage, options);
  const chosen = values.target?.map(targetOption) ?? targets;
  const missing = missingForPrebuild(chosen);
  if (missing.length > 0) await installMissing(missing, { yes: values.yes });
  const still = missingForPrebuild(chosen);
  if (still.length > 0) {
    throw new Failure(`This cannot go on without:\n${still.map(({ purpose }) => `  ${purpose}`).join('\n')}`);
  }
  await installNpmPackages();
  const faults = [];
  for (const target of chosen) {
    for (const file of await buildPrebuilt(target)) {
      const path = relative(checkout, file);
      const { glibc, needed, faults: found } = examine(file);
      say(`${path}: ${statSync(file).size} bytes, glibc ${glibc}, needs ${needed.join(' ')}`);
      faults.push(...found.map((fault) => `${path}: ${fault}`));
    }
  }
  if (faults.length > 0) throw new Failure(`These cannot be given to users:\n  ${faults.join('\n  ')}`);
}

function targetOption(name) {
  const target = targetNamed(name);
  if (target) return target;
  const names = targets.map((each) => each.name).join(', ');
  throw new Failure(`There is no target '${name}'; there are ${names}.\nUsage: ${usage}`, { exitCode: 2 });
}
