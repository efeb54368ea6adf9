/** Runs a sample: Ctrl-C aborts its signal, an error is printed as one message, not as a stack. */
export function runSample(name: string, sample: (signal: AbortSignal) => Promise<void>): void {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  sample(controller.signal).catch((error: unknown) => {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env.DMAFLOW_TRACE === '1' && error instanceof Error) console.error(error.stack);
    process.exitCode = 1;
  });
}
