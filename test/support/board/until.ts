/** Polls until `what` gives something other than undefined or false. Fails the test, with `waitingFor`, after `seconds`. */
export async function until<T>(
  waitingFor: string,
  what: () => T | undefined | false,
  seconds = 300,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = what();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s for ${waitingFor}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
