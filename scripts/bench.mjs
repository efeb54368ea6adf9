// npm run bench: dmaflow measured against plain C and GStreamer.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { bench } = await import('../bench/command.mjs');
await runScript(bench);
