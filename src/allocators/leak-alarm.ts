/**
 * The safety net under `close()`: what was garbage-collected while open is given back then, and reported with a
 * process warning. A net, not a mechanism: memory of a DMA region must not wait for a garbage collection.
 */

/** What is left of a collected object. Must not refer to the object itself, or it is never collected. */
export interface Leak {
  /** For the warning: `dma-buf 'dmaflow:812/camera:3' (3686400 bytes of default_cma_region)`. */
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

/** Read once: a CPU access is opened for every frame, and the environment is slow to ask. */
let tracing = process.env.DMAFLOW_TRACE === '1';

/** Whether leaks are reported with the place where the object was made; at first what `DMAFLOW_TRACE` says. */
export function traceLeaks(on: boolean): void {
  tracing = on;
}

/** Watches an open object until {@link forgetLeak}. */
export function watchForLeak(
  owner: object,
  leak: Omit<Leak, 'place'>,
  place = placeOfCall(watchForLeak),
): void {
  registry.register(owner, { ...leak, place }, owner);
}

/** The object was closed. */
export function forgetLeak(owner: object): void {
  registry.unregister(owner);
}

/** Resolved; what follows it comes when the running function has returned. */
const turnEnds = Promise.resolve();

/**
 * Watches objects that are mostly closed before the running function returns. To register and unregister costs several times
 * what such an object does otherwise, and leaves work to the garbage collector, so it is done only for those that are open
 * when the function has returned; until then nothing is collected here.
 */
export class BriefWatch<T extends object> {
  readonly #leftOpen: (owner: T) => Leak;
  /** Those of this turn of the event loop that are open still. */
  readonly #open: T[] = [];
  readonly #settle = () => this.settle();
  #settling = false;

  /** @param leftOpen what to watch of an object that is open when its turn is over; called once for each. */
  constructor(leftOpen: (owner: T) => Leak) {
    this.#leftOpen = leftOpen;
  }

  watch(owner: T): void {
    this.#open.push(owner);
    if (this.#settling) return;
    this.#settling = true;
    void turnEnds.then(this.#settle);
  }

  /** The object was closed. */
  forget(owner: T): void {
    const open = this.#open;
    const last = open.pop();
    if (last === owner) return;
    const at = open.indexOf(owner);
    if (at < 0) registry.unregister(owner);
    // Another one: it takes the place of the one that goes, or its own again.
    if (last) open[at < 0 ? open.length : at] = last;
  }

  /** What happens when the running function has returned. */
  settle(): void {
    this.#settling = false;
    while (this.#open.length > 0) {
      const owner = this.#open.pop();
      if (owner) registry.register(owner, this.#leftOpen(owner), owner);
    }
  }
}

/** Frames of the stack that are enough to reach from an allocation to the program that started the pipeline. */
const TRACE_DEPTH = 32;

/** The stack from the caller of `above` on, where tracing is on. */
export function placeOfCall(above: (...args: never[]) => unknown = placeOfCall): string | undefined {
  if (!tracing) return undefined;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = TRACE_DEPTH;
  const holder = { stack: '' };
  Error.captureStackTrace(holder, above);
  Error.stackTraceLimit = limit;
  return `Made${holder.stack.slice(holder.stack.indexOf('\n'))}`;
}
