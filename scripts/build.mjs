// npm run build:ts: the library into dist/, the samples into build/samples.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { buildTypeScript } = await import('./lib/build.mjs');
await runScript(buildTypeScript);
