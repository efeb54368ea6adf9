// Tidying up when a signal ends the process: `exit` listeners do not run then.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const cleanups = new Set();

/**
 * Registers a synchronous clean-up for an end by signal or by process.exit. Gives a function that takes it back.
 */
export function onTermination(cleanup) {
  if (cleanups.size === 0) {
    process.on('exit', cleanUp);
    for (const signal of SIGNALS) process.on(signal, endBySignal);
  }
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size > 0) return;
    process.off('exit', cleanUp);
    for (const signal of SIGNALS) process.off(signal, endBySignal);
  };
}

function cleanUp() {
  for (const cleanup of [...cleanups].reverse()) cleanup();
  cleanups.clear();
}

// With other listeners for the signal, such as the board's that passes it to the guest, it is theirs to decide.
function endBySignal(signal) {
  if (process.listenerCount(signal) > 1) return;
  cleanUp();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}
