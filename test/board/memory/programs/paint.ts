/** A worker's function, as CommonJS: paints the upper half of an XRGB8888 picture white. */
import type { Frame } from 'dmaflow';

export default function paint({ frame }: { frame: Frame }): void {
  using px = frame.cpuAccess();
  const [plane] = px.planes;
  plane?.data.fill(0xff, 0, plane.stride * (plane.height >> 1));
}
