// Errors that need no stack trace, and the one place where a script ends because of one.

/** Something outside the program went wrong; the message says what, and what to do next. */
export class Failure extends Error {
  name = 'Failure';

  constructor(message, { exitCode = 1 } = {}) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a script's body and turns what it throws into a message and an exit status. */
export async function runScript(body) {
  try {
    process.exitCode = (await body()) ?? process.exitCode ?? 0;
  } catch (error) {
    const expected = error instanceof Failure;
    process.stderr.write(`${expected ? error.message : error.stack}\n`);
    process.exitCode = expected ? error.exitCode : 1;
  }
}
