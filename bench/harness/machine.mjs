// The devices that the benchmark runs on: a camera with one memory plane, a display, a contiguous heap.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, release } from 'node:os';
import { Failure } from '../../scripts/lib/failure.mjs';
import { onBoard } from '../../scripts/lib/paths.mjs';
import { addDisplays } from './displays.mjs';

const SCALE_DISPLAYS = 7;
const require = createRequire(import.meta.url);

/**
 * @typedef {object} Stream
 * @property {string} camera device node
 * @property {string} card device node
 * @property {string} driver of the card
 */

/**
 * @typedef {object} Machine
 * @property {Stream[]} streams pairs of a camera and a display; the first is the one of all subjects but `scale`
 * @property {string} heap name of the contiguous one
 */

/** @param {string} boot @returns {Machine} */
export function findMachine(boot) {
  if (boot === 'scale' && onBoard) addDisplays(SCALE_DISPLAYS);
  const { listCameras, listCards, chooseHeap, loadKernel } = require('dmaflow');
  const kernel = loadKernel();
  const cameras = listCameras(kernel).filter(isUsable);
  const cards = listCards(kernel).filter((card) => {
    return (
      card.atomic &&
      card.connectors.some(({ connection, writeback }) => connection === 'connected' && !writeback)
    );
  });
  if (cameras.length === 0 || cards.length === 0) {
    throw new Failure(
      `The benchmark needs a camera and a display: ${cameras.length} and ${cards.length} are here.`,
    );
  }
  const heap = chooseHeap('contiguous')?.heap.name;
  if (!heap) throw new Failure('The benchmark needs a heap of contiguous memory; see `npx dmaflow heaps`.');
  const streams = cameras
    .slice(0, cards.length)
    .map(({ path }, index) => ({ camera: path, card: cards[index].path, driver: cards[index].driver }));
  if (onBoard) for (const { camera } of streams) stampAtStart(camera);
  return { streams, heap };
}

// vivid delivers a frame when its exposure begins, but stamps it with the time at which a real one would end: in the future.
function stampAtStart(camera) {
  execFileSync('v4l2-ctl', ['--device', camera, '--set-ctrl', 'timestamp_source=1'], { stdio: 'inherit' });
}

/** What a result is to be read with. */
export function describeMachine() {
  return {
    name: onBoard ? 'emulated board' : 'this machine',
    processor: /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch,
    kernel: release(),
    node: process.versions.node,
    processors: availableParallelism(),
    gstreamer: gstreamerVersion(),
  };
}

export function gstreamerVersion() {
  try {
    const output = execFileSync('gst-launch-1.0', ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    return /GStreamer [\d.]+/.exec(output)?.[0] ?? '';
  } catch {
    return '';
  }
}

// The references and GStreamer are for cameras with one memory plane. Of the board's cameras vimc needs its media graph
// set up.
function isUsable({ permitted, multiplanar, driver }) {
  return permitted && !multiplanar && driver !== 'vimc';
}
