// What long steps are doing, several of them side by side: one line that is rewritten on a terminal, a line now and then elsewhere.

const PLAIN_INTERVAL_MS = 20_000;
const TERMINAL_INTERVAL_MS = 100;

/** The steps that run, by the stream on which they are shown. @type {Map<import('node:stream').Writable, Set<object>>} */
const running = new Map();

/** One line about something that is done or decided. */
export function say(text) {
  print(process.stderr, text);
}

/**
 * Begins a step. `run` runs its body and ends the step with it; `update` shows how far it is, `done` ends it with its time and an
 * optional result, `failed` without success.
 */
export function beginStep(title, stream = process.stderr) {
  const step = { title, text: '', started: Date.now() };
  const steps = running.get(stream) ?? new Set();
  running.set(stream, steps.add(step));
  const live = isLive(stream);
  let lastShown = step.started;
  if (live) show(stream);
  else stream.write(`${title} …\n`);

  const end = (result) => {
    if (!steps.delete(step)) return;
    print(stream, `${title}: ${result}, ${elapsed(Date.now() - step.started)}`);
  };
  return {
    update(text) {
      const now = Date.now();
      const isNew = text !== step.text;
      step.text = text;
      if (!isNew || now - lastShown < (live ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)) return;
      lastShown = now;
      if (live) show(stream);
      else stream.write(`  ${title}: ${text}, ${elapsed(now - step.started)}\n`);
    },
    done: (result = 'done') => end(result),
    failed: () => end('failed'),
    /**
     * @param {() => Promise<T>} body
     * @param {(value: T) => string} [result] the step's result, in words
     * @returns {Promise<T>}
     * @template T
     */
    async run(body, result = () => 'done') {
      let value;
      try {
        value = await body();
      } catch (error) {
        end('failed');
        throw error;
      }
      end(result(value));
      return value;
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

function isLive(stream) {
  return Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
}

// A line that stays, above the one that is rewritten.
function print(stream, line) {
  const live = isLive(stream);
  stream.write(live ? `\r\x1b[2K${line}\n` : `${line}\n`);
  if (live) show(stream);
}

function show(stream) {
  const steps = [...(running.get(stream) ?? [])];
  if (steps.length === 0) return;
  const first = Math.min(...steps.map(({ started }) => started));
  const text = steps.map(({ title, text }) => (text ? `${title}: ${text}` : `${title} …`)).join(' · ');
  const line = `${elapsed(Date.now() - first)} ${text}`;
  stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}`);
}
