// What JavaScript may be busy with beside the frames: blocked by a loop, or allocating. A program of its own too, for
// the same load beside a program that has no JavaScript: node load.js blocked|garbage SECONDS
const PERIOD_MS = 2000;
const BLOCKED_MS = 1000;
const GARBAGE_BYTES_A_SECOND = 200e6;
const GARBAGE_INTERVAL_MS = 20;
const OBJECT_BYTES = 8000;

const loads = {
  /** A busy loop for 1 s out of every 2. */
  blocked() {
    const block = () => {
      const end = performance.now() + BLOCKED_MS;
      while (performance.now() < end);
    };
    return setInterval(block, PERIOD_MS);
  },
  /** 200 MB of arrays each second, some of them kept for a while, so that the collector has old ones to move too. */
  garbage() {
    const kept = [];
    let last = performance.now();
    const allocate = () => {
      const now = performance.now();
      let count = Math.min(5000, ((now - last) / 1000) * (GARBAGE_BYTES_A_SECOND / OBJECT_BYTES));
      last = now;
      for (; count > 0; count--) kept.push(new Array(OBJECT_BYTES / 8).fill(count));
      if (kept.length > 2500) kept.splice(0, kept.length - 1000);
    };
    return setInterval(allocate, GARBAGE_INTERVAL_MS);
  },
};

/** Starts a load; the returned function ends it. */
function startLoad(name) {
  const timer = loads[name]();
  return () => clearInterval(timer);
}

module.exports = { startLoad };

if (require.main === module) {
  const stop = startLoad(process.argv[2]);
  process.on('SIGTERM', () => process.exit(0));
  setTimeout(stop, Number(process.argv[3]) * 1000);
}
