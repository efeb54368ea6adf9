// `npm run prebuild`: the addons that the package brings along, into prebuilds/ (docs/prebuilt.md).
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { installNpmPackages } from '../lib/npm-packages.mjs';
import { readOptions } from '../lib/options.mjs';
import { checkout } from '../lib/paths.mjs';
import { say } from '../lib/progress.mjs';
import { prebuildLevel } from '../lib/requirements.mjs';
import { setUp } from '../lib/set-up.mjs';
import { buildPrebuilt } from './addons.mjs';
import { examine } from './check.mjs';
import { targetNamed, targets } from './targets.mjs';

const usage = 'npm run prebuild -- [--target NAME]… [--yes]';

const options = {
  // All when absent.
  target: { type: 'string', multiple: true },
  yes: { type: 'boolean' },
};

/** Faults that are told: one wrong option shows in every symbol. */
const SHOWN = 20;

export async function prebuild() {
  const values = readOptions(usage, options);
  const chosen = values.target?.map(targetOption) ?? targets;
  await setUp(chosen.map(prebuildLevel), { yes: values.yes, build: false });
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
  if (faults.length === 0) return;
  const more = faults.length > SHOWN ? `\n  and ${faults.length - SHOWN} more` : '';
  throw new Failure(`These cannot be given to users:\n  ${faults.slice(0, SHOWN).join('\n  ')}${more}`);
}

function targetOption(name) {
  const target = targetNamed(name);
  if (target) return target;
  const names = targets.map((each) => each.name).join(', ');
  throw new Failure(`There is no target '${name}'; there are ${names}.\nUsage: ${usage}`, { exitCode: 2 });
}
