// npm run board -- [options] [-- COMMAND ARGS…]: boots the emulated board and runs a command in it.
import './lib/node-version.mjs';

const { runScript } = await import('./lib/failure.mjs');
const { board } = await import('./lib/board-command.mjs');
await runScript(board);
