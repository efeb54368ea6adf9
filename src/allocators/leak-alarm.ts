/**
 * The safety net under `close()`: what was garbage-collected while open is given back then, and reported with a
 * process warning. A net, not a mechanism: memory of a DMA region must not wait for a garbage collection.
 */

/** What is left of a collected object. Must not refer to the object itself, or it is never collected. */
export interface Leak {
  /** For the warning: `dma-buf 'dmaflow:camera:3' (3686400 bytes of default_cma_region)`. */
  describe(): string;
  /** Gives back what the object held. */
  reclaim(): void;
  /** Stack of the place where it was made, where tracing is on. */
  place: string | undefined;
}

const registry = new FinalizationRegistry<Leak>((leak) => {
  const description = leak.describe();
  let failure = '';
  try {
    leak.reclaim();
  } catch (error) {
    failure = `; giving it back failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  process.emitWarning(`${description} was garbage-collected without close()${failure}`, {
    type: 'DmaflowLeakWarning',
    code: 'DMAFLOW_LEAK',
    detail: leak.place ?? 'Set DMAFLOW_TRACE=1 to see where it was made.',
  });
});

/** Watches an open object until {@link forgetLeak}. */
export function watchForLeak(owner: object, leak: Omit<Leak, 'place'>): void {
  registry.register(owner, { ...leak, place: place() }, owner);
}

/** The object was closed. */
export function forgetLeak(owner: object): void {
  registry.unregister(owner);
}

function place(): string | undefined {
  if (process.env.DMAFLOW_TRACE !== '1') return undefined;
  const [, ...frames] = (new Error().stack ?? '').split('\n');
  return `Made${frames
    .slice(2)
    .map((frame) => `\n${frame}`)
    .join('')}`;
}
