// npm run sample -- NAME [options]: runs a sample.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { sample } = await import('./lib/sample-command.mjs');
await runScript(sample);
