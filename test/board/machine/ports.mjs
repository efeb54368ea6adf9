// The host's end of the board's ports: Unix sockets that QEMU connects to.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { portNames, socketPath } from './qemu.mjs';

/**
 * @typedef {object} Ports
 * @property {(request: string) => void} send a line for init.sh
 * @property {Promise<void>} started the command is about to start
 * @property {() => Promise<void>} drained after QEMU's end: all output has been delivered
 * @property {() => void} close
 */

/**
 * @param {string} directory for the sockets
 * @param {Pick<import('./board.mjs').BoardRun, 'onStdout' | 'onStderr' | 'stdin' | 'terminal'>} streams
 * @returns {Promise<Ports>}
 */
export async function openPorts(directory, { onStdout, onStderr, stdin, terminal }) {
  let markStarted;
  const started = new Promise((resolve) => {
    markStarted = resolve;
  });
  const connections = new Map();
  let stopTerminal = () => {};

  const handlers = {
    control(socket) {
      createInterface({ input: socket }).on('line', (line) => {
        if (line === 'started') markStarted();
      });
    },
    in(socket) {
      stdin?.pipe(socket);
    },
    out(socket) {
      socket.on('data', (chunk) => onStdout?.(chunk));
    },
    err(socket) {
      socket.on('data', (chunk) => onStderr?.(chunk));
    },
    terminal(socket) {
      if (!terminal) return socket.resume();
      stopTerminal = terminal.attach(socket, ({ rows, columns }) => send(`size ${rows} ${columns}`));
    },
  };

  function send(request) {
    connections.get('control')?.write(`${request}\n`);
  }

  const servers = await Promise.all(
    [...portNames, 'terminal'].map((name) => {
      const server = createServer((socket) => {
        connections.set(name, socket);
        // QEMU's end may close any of them first.
        socket.on('error', () => {});
        handlers[name](socket);
      });
      return new Promise((resolve, reject) => {
        server.on('error', reject);
        server.listen(socketPath(directory, name), () => resolve(server));
      });
    }),
  );

  return {
    send,
    started,
    async drained() {
      stdin?.unpipe();
      const open = [...connections.values()].filter((socket) => !socket.closed);
      await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve).end())));
    },
    close() {
      stopTerminal();
      for (const socket of connections.values()) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}
