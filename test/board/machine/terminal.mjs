// The user's terminal as the board's: keys go to the guest as they are typed, so that Ctrl-C is its business.

const ESCAPE = 0x1d; // Ctrl-]
const INTERRUPT = 0x03; // Ctrl-C
const TWICE_MS = 2_000;

/**
 * @typedef {object} Terminal
 * @property {() => { rows: number, columns: number }} size
 * @property {(socket: import('node:net').Socket, onResize: (size: object) => void) => () => void} attach connects
 *   the terminal to the board and gives the function that restores it
 */

/**
 * @param {{ onLeave: () => void, leaveByInterrupts: boolean }} options `onLeave` is called for Ctrl-], and for two
 *   Ctrl-C in short succession where the board runs a command rather than a shell
 * @returns {Terminal}
 */
export function userTerminal({ onLeave, leaveByInterrupts }) {
  const { stdin, stdout } = process;
  const size = () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 });
  return {
    size,
    attach(socket, onResize) {
      let lastInterrupt = Number.NEGATIVE_INFINITY;
      const onKeys = (keys) => {
        if (keys.includes(ESCAPE)) return onLeave();
        if (leaveByInterrupts && keys.includes(INTERRUPT)) {
          if (performance.now() - lastInterrupt < TWICE_MS) return onLeave();
          lastInterrupt = performance.now();
        }
        socket.write(keys);
      };
      const resized = () => onResize(size());
      stdin.setRawMode(true);
      stdin.on('data', onKeys);
      stdout.on('resize', resized);
      socket.on('data', (chunk) => stdout.write(chunk));
      return () => {
        stdin.off('data', onKeys);
        stdout.off('resize', resized);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
  };
}
