// npm test: all checks and tests, with one closing line of counts.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { test } = await import('./lib/test-command.mjs');
await runScript(test);
