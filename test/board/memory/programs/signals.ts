/**
 * 60 frames of two dma-bufs each through a stage with accesses that overlap, while SIGUSR2 comes from outside; begins when the first has
 * come. Ends with a line of JSON.
 */
import { createHash } from 'node:crypto';
import { cpuStage, kmsSink, Pipeline, type V4l2SourceOptions, v4l2Source } from 'dmaflow';

const camera: V4l2SourceOptions = JSON.parse(process.argv[2] ?? '{}');
const seen = { signals: 0, frames: 0, wrong: 0 };

async function main(): Promise<void> {
  const stormy = new Promise<void>((resolve) => {
    process.on('SIGUSR2', () => {
      seen.signals++;
      if (seen.signals === 20) resolve();
    });
  });
  console.log('ready');
  const waiting = setInterval(() => {}, 1000);
  await stormy;
  clearInterval(waiting);
  const hash = (bytes: Uint8Array | undefined) =>
    createHash('md5')
      .update(bytes ?? '')
      .digest('hex');
  const stage = cpuStage({ access: 'read-write', policy: 'every', max: 3 }, async ({ frame }) => {
    using reader = frame.cpuAccess('read');
    const chroma = hash(reader.planes[1]?.data);
    {
      using writer = frame.cpuAccess('read-write');
      writer.planes[0]?.data.fill(frame.sequence & 255);
      await new Promise((resolve) => setImmediate(resolve));
    }
    using px = frame.cpuAccess('read');
    const painted = px.planes[0]?.data.every((byte) => byte === (frame.sequence & 255));
    if (!painted || hash(px.planes[1]?.data) !== chroma) seen.wrong++;
    seen.frames++;
  });
  const { captured, syncCalls } = await new Pipeline(
    v4l2Source(camera),
    stage,
    kmsSink({ card: 'vkms' }),
  ).run();
  console.log(JSON.stringify({ ...seen, captured, syncCalls }));
  process.exit(0);
}

void main();
