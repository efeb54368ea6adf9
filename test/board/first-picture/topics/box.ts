/** What a stage on the CPU draws is on the screen. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { checkout, figuresOf, sample } from '../../../support/board/program';

const { drawBox } = require(
  join(checkout, 'build/samples/support/draw.js'),
) as typeof import('../../../../samples/support/draw');

const WIDTH = 640;
const HEIGHT = 480;
const FRAMES = 30;
const WHITE = 0xffffff;

describe('the box of camera-to-cpu-to-display', () => {
  it('is on the screen, where its number says', async () => {
    const png = join(mkdtempSync(join(tmpdir(), 'box-')), 'screen.png');
    const options = ['--size', `${WIDTH}x${HEIGHT}`, '--fps', '15', '--frames', String(FRAMES), '--png', png];
    await using program = sample(
      'camera-to-cpu-to-display',
      ...options,
      '--driver',
      'vivid',
      '--card',
      'vkms',
    );
    expect(await program.ended).toEqual({ status: 0, signal: null });
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 3 });

    // The box is as high as it is drawn, in the middle; its upper rows are white from side to side.
    const row = Array.from({ length: WIDTH }, (_, x) => isWhite(data, x, HEIGHT / 2 - 25));
    const left = row.indexOf(true);
    const number = left / 4;
    // The camera counts from 0, frames that it lost as well.
    expect(number).toBe(FRAMES - 1 + figuresOf(program).lost);
    expect(differences(data, boxOf(number))).toBe(0);
  });
});

/** The box alone, drawn into pixels of 1, a colour that it does not have. */
function boxOf(number: number): Uint32Array {
  const pixels = new Uint32Array(WIDTH * HEIGHT).fill(1);
  const data = new Uint8Array(pixels.buffer);
  drawBox({ data, stride: WIDTH * 4, width: WIDTH, height: HEIGHT, bytesPerSample: 4 }, number);
  return pixels;
}

/** Pixels of the box that are otherwise on the screen. */
function differences(screen: Buffer, box: Uint32Array): number {
  let different = 0;
  box.forEach((pixel, at) => {
    if (pixel !== 1 && (pixel & 0xffffff) !== (screen.readUIntBE(at * 3, 3) & 0xffffff)) different++;
  });
  return different;
}

function isWhite(screen: Buffer, x: number, y: number): boolean {
  return screen.readUIntBE((y * WIDTH + x) * 3, 3) === WHITE;
}
