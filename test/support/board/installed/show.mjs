// A user's program beside the installed package: shows five frames, and says what the display shows.
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';

const pipeline = new Pipeline(
  { atEnd: 'hold' },
  v4l2Source({ driver: 'vivid', width: 640, height: 480, frames: 5 }),
  kmsSink({ writeback: 'auto' }),
);
await pipeline.start();
await pipeline.ended;
const { width, height, stride, data } = await pipeline.screenshot();
pipeline.assertZeroCopy();
await pipeline.stop();

const row = new Uint32Array(data.buffer, data.byteOffset + stride * (height / 2), width);
console.log(JSON.stringify({ shown: pipeline.stats().shown, width, height, colours: new Set(row).size }));
