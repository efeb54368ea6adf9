/** The prebuilt addon for ARMv7, in a Node for ARMv7: the test's other half is programs/convert.ts. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const { armNode }: { armNode(): string[] } = require('../../scripts/test/arm-node.mjs');

const checkout = join(__dirname, '../..');
const addonOf = (target: string) => join(checkout, 'prebuilds', target, 'dmaflow.glibc.node');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmaflow-arm-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(...command: string[]): string {
  const [program = '', ...args] = command;
  return execFileSync(program, args, { encoding: 'utf8' });
}

const { DMAFLOW_TEST_TARGETS = 'linux-arm' } = process.env;
const onArm = DMAFLOW_TEST_TARGETS.split(',').includes('linux-arm') ? it : it.skip;

// Emulated, it takes seconds; on a busy machine more.
onArm(
  'ARMv7 (npm run test:long): loads, and converts pixels and JPEG as that for this machine does',
  () => {
    const program = join(folder, 'convert.js');
    buildSync({
      entryPoints: [join(__dirname, 'programs/convert.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
    });
    const here: Record<string, number[]> = JSON.parse(
      run(process.execPath, program, addonOf(`linux-${process.arch}`)),
    );
    const there: Record<string, number[]> = JSON.parse(run(...armNode(), program, addonOf('linux-arm')));
    expect(Object.keys(there)).toEqual(Object.keys(here));
    for (const [name, color] of Object.entries(here)) {
      // The vector instructions of two processors round differently.
      const distance = Math.max(
        ...color.map((value, index) => Math.abs(value - (there[name]?.[index] ?? -999))),
      );
      expect([name, distance <= 9]).toEqual([name, true]);
    }
  },
  300_000,
);
