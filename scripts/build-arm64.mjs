// npm run build:arm64: the addon for arm64, cross-built on this machine.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { buildArm64 } = await import('./lib/build-arm64-command.mjs');
await runScript(buildArm64);
