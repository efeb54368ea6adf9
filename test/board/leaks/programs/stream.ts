/**
 * Camera to display with a write into every frame. Ends as its argument says: in the function that holds a frame, while other frames
 * wait in JavaScript, are with the camera and on the screen.
 */
import { cpuStage, kmsSink, Pipeline, v4l2Source } from 'dmaflow';

const endings: Record<string, () => void> = {
  exit: () => process.exit(3),
  throw: () => {
    queueMicrotask(() => {
      throw new Error('a mistake in the program');
    });
  },
  block: () => {
    console.log('blocked');
    for (;;);
  },
  stream: () => {},
};
const end = endings[process.argv[2] ?? ''];
if (!end) throw new TypeError(`expected one of ${Object.keys(endings).join(', ')}, got ${process.argv[2]}`);

const pipeline = new Pipeline(
  v4l2Source({ driver: 'vivid', width: 640, height: 480, fps: 30 }),
  cpuStage({ access: 'read-write', max: 2 }, ({ frame }) => {
    using px = frame.cpuAccess();
    px.planes[0]?.data.fill(0, 0, 64);
    if (frame.sequence >= 10) end();
  }),
  kmsSink({ card: 'vkms' }),
);
async function main() {
  await pipeline.start();
}
void main();
