/**
 * Repeats a run until one is clean. The emulator shares its host's processors with whatever else runs there, and a host that
 * stops it for longer than a frame lasts costs frames that no software in the board could save. Such a loss is a matter of luck
 * and is gone in the next run; a fault of the pipeline loses frames in each.
 * @returns all runs; only the last one can be clean.
 */
export async function runUntilClean<T>(
  most: number,
  run: () => Promise<T>,
  isClean: (result: T) => boolean,
): Promise<[T, ...T[]]> {
  const runs: [T, ...T[]] = [await run()];
  while (runs.length < most && !isClean(runs[runs.length - 1] as T)) runs.push(await run());
  return runs;
}
