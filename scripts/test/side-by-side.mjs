// Layers that run side by side: a boot of the board leaves processors idle while its programs wait for frames.
import { beginStep } from '../lib/progress.mjs';

/** Two boots at a time keep two processors busy; more would only wait for each other. */
const LANES = 2;

/**
 * Runs the layers, two at a time, begun in their order. What each writes comes out whole, when it has ended; at once where there is
 * one layer only.
 * @param {{ name: string, title: string, run: (write: Write) => Promise<T> }[]} layers
 * @param {(title: string) => void} heading
 * @returns {Promise<T[]>} what they gave, in their order
 * @template T
 * @typedef {(chunk: string | Buffer) => void} Write
 */
export async function runSideBySide(layers, heading) {
  const results = [];
  const waiting = layers.entries();
  const direct = layers.length === 1;
  const lane = async () => {
    for (const [index, { name, title, run }] of waiting) {
      const chunks = [];
      const write = (chunk) => (direct ? process.stdout.write(chunk) : chunks.push(Buffer.from(chunk)));
      if (direct) heading(title);
      results[index] = direct
        ? await run(write)
        : await beginStep(name).run(
            () => run(write),
            () => 'ended',
          );
      if (direct) continue;
      heading(title);
      process.stdout.write(Buffer.concat(chunks));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
