// npm start: camera to display, on this machine or on the emulated board.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { start } = await import('./lib/start-command.mjs');
await runScript(start);
