// Cameras on displays with dmaflow, as its user writes them; ends with a line of figures as JSON, like the reference.
//
//   node camera-to-display.js '{"streams":[{"camera":"/dev/video0","card":"/dev/dri/card0"}], …}'
const { readdirSync } = require('node:fs');
const { cpuStage, kmsSink, Pipeline, v4l2Source } = require('dmaflow');
const { startLoad } = require('./load.js');

const job = JSON.parse(process.argv[2]);
const { format, width, height, fps, frames, access, load } = job;

/** Adds up every byte of the first plane. */
function luma(px) {
  const { data } = px.planes[0];
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += data[at];
  return sum;
}

let total = 0;
const stages = {
  none: () => [],
  sync: () => [cpuStage({ access: 'read' }, ({ frame }) => frame.cpuAccess().close())],
  luma: () => [
    cpuStage({ access: 'read' }, ({ frame }) => {
      const px = frame.cpuAccess();
      total += luma(px);
      px.close();
    }),
  ],
};

async function main() {
  const pipelines = job.streams.map(
    ({ camera, card }) =>
      new Pipeline(
        v4l2Source({ device: camera, format, width, height, fps, frames }),
        ...stages[access ?? 'none'](),
        kmsSink({ card }),
      ),
  );
  const running = Promise.all(pipelines.map((pipeline) => pipeline.start()));
  const stopLoad = load ? startLoad(load) : () => {};
  await running;
  const memory = await held();
  const results = await Promise.all(pipelines.map(({ finished }) => finished));
  stopLoad();
  const sinks = results.flatMap(({ stages: all }) => all.filter(({ role }) => role === 'sink'));
  const sum = (name) => results.reduce((all, stats) => all + stats[name], 0);
  const worst = (name) => Math.max(...sinks.map(({ latency }) => latency[name]));
  const figures = {
    captured: sum('captured'),
    lost: sum('lost'),
    shown: sum('shown'),
    dropped: sum('dropped'),
    p50: worst('p50'),
    p99: worst('p99'),
    max: worst('max'),
    realtime: results.every(({ realtime }) => realtime),
    ...memory,
    sum: total,
  };
  console.log(JSON.stringify(figures));
}

/** Threads and memory in the midst of it. */
async function held() {
  await new Promise((resolve) => setTimeout(resolve, Math.min(1000, (500 * frames) / fps)));
  return { threads: readdirSync('/proc/self/task').length, rss: process.memoryUsage.rss() };
}

main();
