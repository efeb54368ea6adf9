/**
 * Which frames are due, by their own time: on a grid that the first one taken begins, so that jitter does not lower the rate. The
 * rule of the frame loop's taps (native/frame_loop_tap.h), for the fake loop's and for frames that come out of a stage.
 */
export class Pace {
  readonly #interval: number;
  #next: number | undefined;

  /** @param interval microseconds; 0: every frame is due. */
  constructor(interval: number) {
    this.#interval = interval;
  }

  due(timestamp: number): boolean {
    if (this.#interval === 0 || this.#next === undefined || timestamp >= this.#next) return true;
    // A driver that counts its time anew.
    return timestamp + this.#interval < this.#next;
  }

  took(timestamp: number): void {
    if (this.#interval === 0) return;
    const next = this.#next === undefined || timestamp < this.#next ? timestamp : this.#next;
    this.#next = next + (1 + Math.floor((timestamp - next) / this.#interval)) * this.#interval;
  }
}

/** Microseconds between frames of a rate; 0 where none is asked for. Throws RangeError for a rate that cannot be. */
export function intervalOf(where: string, fps: number | undefined): number {
  if (fps === undefined) return 0;
  if (!(fps > 0 && fps <= 1_000_000))
    throw new RangeError(`${where}: fps must be frames a second above 0, got ${fps}`);
  return Math.min(Math.round(1_000_000 / fps), 0xffff_ffff);
}
