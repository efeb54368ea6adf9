/** CLOCK_MONOTONIC of the fake kernel, integer microseconds: Node's own, so that fake timers move it too. */
export function monotonicMicroseconds(): number {
  return Math.round(performance.now() * 1000);
}
