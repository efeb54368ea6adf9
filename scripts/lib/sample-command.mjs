// `npm run sample`: runs one of samples/, here or (inside the board) as it was built before.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { buildDirectory, checkout } from './paths.mjs';
import { runForeground } from './processes.mjs';
import { setUp } from './set-up.mjs';

/** @returns {Promise<number>} the sample's exit status */
export async function sample() {
  const [name, ...options] = process.argv.slice(2);
  const names = readdirSync(join(checkout, 'samples'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  if (!names.includes(name)) {
    const list = names.map((sampleName) => `  ${sampleName}`).join('\n');
    const complaint = name && !name.startsWith('-') ? `There is no sample '${name}'. ` : '';
    const usage = `${complaint}npm run sample -- NAME [options], where NAME is one of:\n${list}`;
    throw new Failure(usage, { exitCode: name === '--help' ? 0 : 2 });
  }
  await setUp([]);
  const program = sampleProgram(name);
  if (!existsSync(program))
    throw new Failure(`${program} is not built. Run 'npm run setup' outside of the board.`);
  return runForeground(process.execPath, [program, ...options]);
}

export function sampleProgram(name) {
  return join(buildDirectory, 'samples', `${name}.js`);
}
