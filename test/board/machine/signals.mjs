// Signals that the host's process gets while a board runs a command are meant for the command.

const GRACE_MS = 10_000;

/**
 * SIGINT and SIGTERM reach the command; a second one, or one that comes before the command has started, stops the
 * machine. Gives the function that ends this.
 * @param {import('./board.mjs').RunningBoard} machine
 */
export function passSignalsOn(machine) {
  let started = false;
  let seen = false;
  let timer;
  machine.started.then(() => {
    started = true;
  });
  const pass = (request) => () => {
    if (seen || !started) return machine.stop();
    seen = true;
    machine.signal(request);
    // A board that no longer answers goes all the same where nobody can press Ctrl-C again.
    if (request === 'terminate') timer = setTimeout(machine.stop, GRACE_MS);
  };
  const listeners = { SIGINT: pass('interrupt'), SIGTERM: pass('terminate'), SIGHUP: pass('terminate') };
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);
  return () => {
    clearTimeout(timer);
    for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener);
  };
}
