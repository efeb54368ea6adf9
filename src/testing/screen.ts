import type { FakeScreen } from './fake-crtc';
import type { Rgb } from './pixels';

/** The colour at a pixel of a screen, or undefined outside of it. */
export function screenColor(screen: FakeScreen, x: number, y: number): Rgb | undefined {
  const at = (y * screen.width + x) * 4;
  const [blue, green, red] = screen.data.subarray(at, at + 3);
  const inside = x >= 0 && x < screen.width && y >= 0 && y < screen.height;
  if (!inside || blue === undefined || green === undefined || red === undefined) return undefined;
  return [red, green, blue];
}
