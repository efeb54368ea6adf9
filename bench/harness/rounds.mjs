// Rounds of what is compared, one after the other in each, so that what changes on the machine meanwhile hits all alike.

/**
 * @template T
 * @param {number} count
 * @param {Record<string, (round: number) => Promise<T>>} contestants
 * @param {(text: string) => void} progress
 * @returns {Promise<Record<string, T[]>>} by contestant, in the order of the rounds
 */
export async function alternate(count, contestants, progress) {
  const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      progress(`round ${round + 1} of ${count}: ${name}`);
      results[name].push(await run(round));
    }
  }
  return results;
}
