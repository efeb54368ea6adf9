// All that a job needs before it can run: system packages, npm packages, builds. What does not wait for each other goes on side by
// side.
import { join } from 'node:path';
import { agreedInstallation } from './apt.mjs';
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
 * @param {{ yes?: boolean, build?: boolean, essential?: import('./requirements.mjs').Level[],
 *   beside?: (tools: Promise<void>) => Promise<unknown> }} options `yes`: install without asking; `build`: npm packages and builds
 *   too, true when absent; `essential`: the levels without which the caller cannot go on, all when absent; `beside`: what else is
 *   prepared meanwhile, where `tools` resolves when the system packages are installed
 * @returns {Promise<import('./requirements.mjs').Requirement[]>} what is still missing
 */
export async function setUp(levels, { yes = false, build = true, essential = levels, beside } = {}) {
  if (onBoard) return [];
  const all = build ? ['build', ...levels] : levels;
  const isNeeded = (requirement) =>
    requirement.levels.some((level) => level === 'build' || essential.includes(level));
  const missing = missingRequirements(all);
  const install = missing.length > 0 ? await agreedInstallation(missing, { yes }) : undefined;
  if (!install) insistOn(missing.filter(isNeeded));

  let stillMissing = missing;
  const tools = (async () => {
    if (!install) return;
    await install();
    stillMissing = missingRequirements(all);
    insistOn(stillMissing.filter(isNeeded));
  })();
  const withGStreamer = levels.includes('gstreamer');
  await allOf([tools, build ? buildCheckout(tools, withGStreamer) : undefined, beside?.(tools)]);
  return stillMissing;
}

async function buildCheckout(tools, withGStreamer) {
  const waiting = (pid) => say(`Process ${pid} is setting up this checkout; waiting for it.`);
  await withLock(join(buildDirectory, 'set-up.lock'), waiting, async () => {
    await installNpmPackages();
    await allOf([buildTypeScript(), tools.then(() => buildAddon())]);
    // A minute that only GStreamer's users wait for.
    if (withGStreamer) await buildNodeGtk(nodeHeaders());
  });
}

/**
 * Waits for all, also where one fails: what it leaves behind is then whole, and the next run goes on from there. The first failure
 * in the list is the one that is told.
 */
async function allOf(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

function insistOn(missing) {
  if (missing.length === 0) return;
  const list = missing.map(({ purpose }) => `  ${purpose}`).join('\n');
  throw new Failure(`This cannot go on without:\n${list}`);
}
