/** Draws into 4-byte pixels (XRGB8888): a white box that moves with the frame, its number inside. */
import type { PlanePixels } from 'dmaflow';

/** 3x5 dots a digit, a row an octal number. */
const DIGITS = [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717];
const DOT = 6;
const MARGIN = 2 * DOT;
const WHITE = 0xffffffff;
const BLACK = 0xff000000;

/** The box moves 4 pixels a frame, from left to right, and starts over. */
export function drawBox(plane: PlanePixels | undefined, number: number): void {
  if (!plane) return;
  const pixels = new Uint32Array(plane.data.buffer, plane.data.byteOffset, plane.data.byteLength >> 2);
  const text = String(number);
  const width = text.length * 4 * DOT - DOT + 2 * MARGIN;
  const height = 5 * DOT + 2 * MARGIN;
  const left = (number * 4) % Math.max(1, plane.width - width);
  const top = (plane.height - height) >> 1;
  const fill = (x: number, y: number, w: number, h: number, color: number) => {
    for (let row = y; row < y + h; row++) {
      const start = row * (plane.stride >> 2) + x;
      pixels.fill(color, start, start + w);
    }
  };
  fill(left, top, width, height, WHITE);
  [...text].forEach((digit, place) => {
    const dots = DIGITS[Number(digit)] ?? 0;
    for (let dot = 0; dot < 15; dot++) {
      if (!((dots >> (14 - dot)) & 1)) continue;
      const x = left + MARGIN + place * 4 * DOT + (dot % 3) * DOT;
      const y = top + MARGIN + Math.floor(dot / 3) * DOT;
      fill(x, y, DOT, DOT, BLACK);
    }
  });
}
