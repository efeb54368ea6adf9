// What a long step is doing: one line that is rewritten on a terminal, a line now and then elsewhere.

const PLAIN_INTERVAL_MS = 20_000;
const TERMINAL_INTERVAL_MS = 100;

/** One line about something that is done or decided. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Begins a step. `update` shows how far it is, `done` ends it with its time and an optional result. */
export function beginStep(title, stream = process.stderr) {
  const started = Date.now();
  const live = Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  let lastShown = started;
  let shownText = '';

  const rewrite = (text) => stream.write(`\r\x1b[2K${text}`);
  if (live) rewrite(`${title} …`);
  else stream.write(`${title} …\n`);

  return {
    update(text) {
      const now = Date.now();
      if (text === shownText || now - lastShown < (live ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
      lastShown = now;
      shownText = text;
      if (live) rewrite(`${title}: ${text}, ${elapsed(now - started)}`.slice(0, (stream.columns ?? 80) - 1));
      else stream.write(`  ${text}, ${elapsed(now - started)}\n`);
    },
    done(result = 'done') {
      const text = `${title}: ${result}, ${elapsed(Date.now() - started)}`;
      if (live) rewrite(`${text}\n`);
      else stream.write(`${text}\n`);
    },
    failed() {
      if (live) rewrite(`${title}: failed, ${elapsed(Date.now() - started)}\n`);
    },
  };
}

/** 75,000 as `1:15`, 4,200 as `4.2 s`. */
export function elapsed(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
