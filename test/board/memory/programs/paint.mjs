// A worker's function, as an ES module: paints the upper half of an XRGB8888 picture white, not at once.
import { setTimeout } from 'node:timers/promises';

export async function paint({ frame }) {
  await setTimeout(frame.sequence % 2 === 0 ? 20 : 1);
  using_(frame.cpuAccess(), ({ planes: [plane] }) =>
    plane.data.fill(0xff, 0, plane.stride * (plane.height >> 1)),
  );
}

// What `using` does; Node 20 does not know it.
function using_(resource, use) {
  try {
    use(resource);
  } finally {
    resource.close();
  }
}

export function exitAtFifth({ frame }) {
  if (frame.sequence >= 4) process.exit(7);
}

export function neverEnds({ frame }) {
  const px = frame.cpuAccess();
  for (;;) px.planes[0].data[0]++;
}
