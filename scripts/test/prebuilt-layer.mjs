// The layer of `npm test` that makes the prebuilt addons and looks at them.
import { buildPrebuilt } from '../prebuild/addons.mjs';
import { targets } from '../prebuild/targets.mjs';
import { jestOnHost } from './host-layers.mjs';

export async function prebuiltAddons(layer, selection) {
  for (const target of targets) await buildPrebuilt(target);
  return jestOnHost(layer, selection);
}
