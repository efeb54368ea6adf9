/** README's picture: what its command makes. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { commandsOf, trialOf } from '../support/docs/commands';
import { checkout, readDocuments } from '../support/docs/documents';

// The first time packages are fetched, and modules built.
jest.setTimeout(1_800_000);

const PICTURE = 'docs/camera-to-display.png';
const TEXT_HEIGHT = 160;

const readme = readDocuments().find(({ path }) => path === 'README.md');
const command = (readme ? commandsOf(readme) : []).find(
  (each) => trialOf(each) === 'start' && /--frames \d/.test(each.text),
);
const hasMachine = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
const here = hasMachine || process.env.CI ? it : it.skip;

/** Below the text that the camera writes into each frame. */
async function bars(file: string): Promise<Buffer> {
  const { width, height } = await sharp(file).metadata();
  const region = { left: 0, top: TEXT_HEIGHT, width, height: height - TEXT_HEIGHT };
  return sharp(file).extract(region).raw().toBuffer();
}

here(`${command?.text} makes README's picture (with QEMU)`, async () => {
  expect(readme?.links.map(({ target }) => target)).toContain(PICTURE);
  const begun = Date.now();
  // On a desktop it would open a window.
  const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command?.text ?? 'false'], {
    cwd: checkout,
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`exit status ${status}:\n${stdout}${stderr}`);
  const saved = join(checkout, 'camera-to-display.png');
  expect(statSync(saved).mtimeMs).toBeGreaterThanOrEqual(begun);
  expect(await sharp(saved).metadata()).toMatchObject({ format: 'png', width: 1280, height: 720 });
  const { channels } = await sharp(saved).stats();
  expect(channels.every(({ min, max }) => max > min)).toBe(true);
  expect(Buffer.compare(await bars(saved), await bars(join(checkout, PICTURE)))).toBe(0);
});
