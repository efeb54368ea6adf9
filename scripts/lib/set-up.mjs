// All that a job needs before it can run: system packages, npm packages, builds.
import { join } from 'node:path';
import { installMissing } from './apt.mjs';
import { buildAddon, buildTypeScript, nodeHeaders } from './build.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { buildNodeGtk } from './node-gtk.mjs';
import { installNpmPackages } from './npm-packages.mjs';
import { buildDirectory, onBoard } from './paths.mjs';
import { say } from './progress.mjs';
import { missingRequirements } from './requirements.mjs';

/**
 * Prepares the checkout; what is there already takes no time.
 * @param {import('./requirements.mjs').Level[]} levels beside `build`
 * @param {{ yes?: boolean, build?: boolean, essential?: import('./requirements.mjs').Level[] }} options `yes`: install
 *   without asking; `build`: npm packages and builds too, true when absent; `essential`: the levels without which the
 *   caller cannot go on, all when absent
 * @returns {Promise<import('./requirements.mjs').Requirement[]>} what is still missing
 */
export async function setUp(levels, { yes = false, build = true, essential = levels } = {}) {
  if (onBoard) return [];
  const all = build ? ['build', ...levels] : levels;
  const missing = await systemPackages(all, yes);
  const needed = missing.filter((requirement) => {
    return requirement.levels.some((level) => level === 'build' || essential.includes(level));
  });
  if (needed.length > 0) {
    const list = needed.map(({ purpose }) => `  ${purpose}`).join('\n');
    throw new Failure(`This cannot go on without:\n${list}`);
  }
  if (!build) return missing;
  const waiting = (pid) => say(`Process ${pid} is setting up this checkout; waiting for it.`);
  await withLock(join(buildDirectory, 'set-up.lock'), waiting, async () => {
    await installNpmPackages();
    await buildNodeGtk(nodeHeaders());
    await buildAddon();
    await buildTypeScript();
  });
  return missing;
}

async function systemPackages(levels, yes) {
  const missing = missingRequirements(levels);
  if (missing.length === 0) return [];
  return (await installMissing(missing, { yes })) ? missingRequirements(levels) : missing;
}
