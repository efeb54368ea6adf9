/** For camera-to-worker-to-display, in a thread of its own: turns a 4-byte picture (XRGB8888) into its negative, in place. */
import type { Frame } from 'dmaflow';

export default function negative({ frame }: { frame: Frame }): void {
  using px = frame.cpuAccess();
  for (const { data } of px.planes) {
    const pixels = new Uint32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
    for (let at = 0; at < pixels.length; at++) pixels[at] = ~(pixels[at] ?? 0);
  }
}
