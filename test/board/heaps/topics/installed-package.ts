/** The package as a user has it: packed, installed without scripts into an empty folder (scripts/test/installed-package.mjs). */
import { join } from 'node:path';
import { listHeaps } from 'dmaflow';
import { checkout, Program } from '../../../support/board/program';

const app = join(checkout, 'build/installed');

async function outputOf(program: Program): Promise<string> {
  await using running = program;
  const { status } = await running.ended;
  expect([status, status === 0 ? '' : running.stderr]).toEqual([0, '']);
  return running.stdout;
}

export function installedPackage(): void {
  it('lists the heaps', async () => {
    const command = join(app, 'node_modules/dmaflow/dist/cli/main.js');
    const heaps = JSON.parse(await outputOf(new Program(process.execPath, [command, 'heaps', '--json'])));
    const names = listHeaps().map(({ name }) => name);
    expect(heaps.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('shows a picture without a copy', async () => {
    const output = await outputOf(new Program(process.execPath, [join(app, 'show.mjs')]));
    const { shown, colours, ...size } = JSON.parse(output);
    expect(size).toEqual({ width: 640, height: 480 });
    expect(shown).toBeGreaterThan(0);
    // Across the eight bars of vivid's picture.
    expect(colours).toBeGreaterThanOrEqual(8);
  });
}
