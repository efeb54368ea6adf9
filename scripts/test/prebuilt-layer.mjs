// The layers of `npm test` that make the prebuilt addons and look at them: those that the tests of the package and the boards need, and
// the others, which only `npm run test:long` makes.
import { buildPrebuilt } from '../prebuild/addons.mjs';
import { targets } from '../prebuild/targets.mjs';
import { jestOnHost } from './host-layers.mjs';
import { installedTargets } from './installed-package.mjs';

/** The targets of a layer. */
export const targetsOf = {
  prebuilt: installedTargets,
  'prebuilt-arm': targets.filter((target) => !installedTargets.includes(target)),
};

export async function prebuiltAddons(layer, selection) {
  const chosen = targetsOf[layer];
  for (const target of chosen) await buildPrebuilt(target);
  return jestOnHost('prebuilt', selection, { DMAFLOW_TEST_TARGETS: chosen.map(({ name }) => name).join() });
}
