// Many frames with dmaflow; a line of JSON with what the process holds, at the start of the stream and each time another
// share of the frames has been shown.
//
//   node long-run.js '{"camera":"/dev/video0","card":"/dev/dri/card0","frames":100000,"shares":20, …}'
const { readdirSync, readFileSync, readlinkSync } = require('node:fs');
const { kmsSink, Pipeline, v4l2Source } = require('dmaflow');

const { camera, card, format, width, height, fps, frames, shares } = JSON.parse(process.argv[2]);

async function main() {
  const pipeline = new Pipeline(
    v4l2Source({ device: camera, format, width, height, fps, frames }),
    kmsSink({ card }),
  );
  const samples = [];
  let previous;
  pipeline.stats$.subscribe((stats) => {
    if (stats.captured < (frames * (samples.length + 1)) / (shares + 1)) return;
    samples.push({ ...held(), ...flowOf(stats, previous) });
    previous = stats;
  });
  const { captured, lost, shown, dropped } = await pipeline.run();
  console.log(JSON.stringify({ captured, lost, shown, dropped, samples, left: dmaBufs() }));
}

/** Mean latency since the sample before, in microseconds. */
function flowOf(stats, previous) {
  const sink = ({ stages }) => stages.find(({ role }) => role === 'sink');
  const { frames: count, latency } = sink(stats);
  if (!previous) return { captured: stats.captured, latency: latency.mean };
  const before = sink(previous);
  const sum = latency.mean * count - before.latency.mean * before.frames;
  return { captured: stats.captured, latency: sum / (count - before.frames) };
}

/** After a collection where `node --expose-gc` allows one, so that garbage does not count as growth. */
function held() {
  globalThis.gc?.();
  const fds = readdirSync('/proc/self/fd');
  return { rss: process.memoryUsage.rss(), fds: fds.length, dmaBufs: dmaBufs() };
}

function dmaBufs() {
  const mapped = readFileSync('/proc/self/maps', 'utf8').match(/dmabuf/g)?.length ?? 0;
  return mapped + readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).includes('dmabuf')).length;
}

/** The directory's own fd is gone when its entry is looked at. */
function linkOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

main();
