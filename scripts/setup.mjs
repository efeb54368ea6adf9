// npm run setup: prepares the checkout.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { setup } = await import('./lib/setup-command.mjs');
await runScript(setup);
