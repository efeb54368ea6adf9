// What the observer saw of a program: the layout is that of observer/counters.h.
import { readFileSync } from 'node:fs';

const MOST_LATENCIES = 4096;
const SNAPSHOT = ['time', 'processCpu', 'mainCpu', 'frameCpu', 'dequeued', 'shown'];

/**
 * @typedef {object} Observed
 * @property {number} dequeued frames that the program took from the cameras
 * @property {number} lost frames that the cameras had no buffer for
 * @property {number} shown frames that reached the screen
 * @property {number} toFirstFrame milliseconds from the start of the process to its first frame on the screen
 * @property {{ cpu: number, mainCpu: number, frameCpu: number, frames: number, seconds: number } | undefined} window
 *   what went on between the two snapshots; CPU in microseconds a frame: of the process, of its main thread, of the
 *   thread that dequeues
 * @property {number[]} latencies milliseconds from capture to screen, ascending; between the snapshots, of programs with one camera
 * @property {number[]} commits the same from capture to the atomic commit, of programs that make such
 */

/** @returns {Observed} */
export function readObserved(path) {
  const numbers = new BigUint64Array(readFileSync(path).buffer.slice(0));
  let at = 0;
  const next = () => Number(numbers[at++]);
  const launched = next();
  at += 2;
  const [dequeued, lost, shown, firstShown] = [next(), next(), next(), next()];
  const [first, last] = [readSnapshot(next), readSnapshot(next)];
  const latencies = readTimes(next);
  const commits = readTimes(next);
  return {
    dequeued,
    lost,
    shown,
    toFirstFrame: firstShown ? (firstShown - launched) / 1e6 : Number.NaN,
    window: last.time ? windowOf(first, last) : undefined,
    latencies,
    commits,
  };
}

/** Milliseconds, ascending. */
function readTimes(next) {
  const count = next();
  const times = Array.from({ length: MOST_LATENCIES }, next).slice(0, count);
  return times.map((time) => time / 1000).sort((a, b) => a - b);
}

function readSnapshot(next) {
  return Object.fromEntries(SNAPSHOT.map((name) => [name, next()]));
}

function windowOf(first, last) {
  const frames = last.dequeued - first.dequeued;
  const each = (name) => (last[name] - first[name]) / 1000 / frames;
  return {
    cpu: each('processCpu'),
    mainCpu: each('mainCpu'),
    frameCpu: each('frameCpu'),
    frames,
    seconds: (last.time - first.time) / 1e9,
  };
}
