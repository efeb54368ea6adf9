// npm run prebuild: the addons that the package brings along.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { prebuild } = await import('./prebuild/command.mjs');
await runScript(prebuild);
