// What reference/gst_bridge.c does, with gstSource and gstSink: CPU of the process in microseconds a frame, as a line of JSON.
//
//   node gst-bridge.js '{"way":"in","frames":3000}'      way: in, or both
const { gstSink, gstSource, Pipeline } = require('dmaflow');

const WARM_UP = 100;
const { way, ...job } = JSON.parse(process.argv[2]);
const frames = WARM_UP + job.frames;

async function main() {
  const source = gstSource('videotestsrc pattern=black ! video/x-raw,format=NV12', {
    width: 1280,
    height: 720,
    sync: false,
    frames,
  });
  const sinks = way === 'both' ? [gstSink('fakesink')] : [];
  const pipeline = new Pipeline(source, ...sinks);
  await pipeline.start();
  while (pipeline.stats().captured < WARM_UP) await new Promise((resolve) => setTimeout(resolve, 1));
  const first = pipeline.stats().captured;
  const before = process.cpuUsage();
  const { captured } = await pipeline.finished;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ microseconds: (user + system) / (captured - first) }));
}

void main();
