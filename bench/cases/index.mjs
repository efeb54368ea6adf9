// The subjects, in the order in which they run. A boot is a machine with certain devices.
import * as allocate from './allocate.mjs';
import * as busyJavaScript from './busy-javascript.mjs';
import * as cameraToDisplay from './camera-to-display.mjs';
import * as cpuStage from './cpu-stage.mjs';
import * as gstBridge from './gst-bridge.mjs';
import * as longRun from './long.mjs';
import * as scale from './scale.mjs';
import * as start from './start.mjs';

const ONE_CAMERA = 'one-camera';
const SCALE = 'scale';

const cases = [
  { boot: ONE_CAMERA, ...cameraToDisplay },
  { boot: ONE_CAMERA, ...busyJavaScript },
  { boot: ONE_CAMERA, ...cpuStage },
  { boot: ONE_CAMERA, ...allocate },
  { boot: ONE_CAMERA, ...start },
  { boot: ONE_CAMERA, ...gstBridge },
  { boot: ONE_CAMERA, ...longRun },
  { boot: SCALE, ...scale },
];

export const numbers = cases.map(({ number }) => number).sort();

/** @param {{ only?: number[], long?: boolean, boot?: string }} selection of any boot when absent */
export function casesOf({ only, long, boot }) {
  return cases.filter((each) => {
    const wanted = only ? only.includes(each.number) : long || !each.long;
    return wanted && (boot === undefined || each.boot === boot);
  });
}

/** The boots that the selected subjects need, with the kernel arguments of each. */
export function bootsOf(selection) {
  const needed = new Set(casesOf(selection).map(({ boot }) => boot));
  return Object.entries(boots).flatMap(([name, append]) => (needed.has(name) ? [{ name, append }] : []));
}

const EIGHT = Array.from({ length: 8 });
const boots = {
  [ONE_CAMERA]: [],
  [SCALE]: [
    'vivid.n_devs=8',
    ...['allocators=1', 'multiplanar=1', 'node_types=0x1', 'num_inputs=1', 'input_types=0'].map((each) => {
      const [name, value] = each.split('=');
      return `vivid.${name}=${EIGHT.map(() => value)}`;
    }),
  ],
};
