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

/** A leak of an object that is mostly closed before the running function returns, such as a CPU access. */
export abstract class BriefLeak implements Leak {
  readonly place: string | undefined = placeOfCall();
  /** Where it stands among those that are not registered yet, and whose it is meanwhile. */
  at = -1;
  owner: object | undefined;

  abstract describe(): string;
  abstract reclaim(): void;
}

/**
 * Objects of this turn of the event loop that are open still. To register and unregister costs several times what a CPU
 * access does, so it is done only for those that are open when the running function has returned; until then nothing
 * is collected here.
 */
const brief: BriefLeak[] = [];
let registering = false;

/** The same as {@link watchForLeak}, at almost no cost where the object is closed soon. */
export function watchBriefly(owner: object, leak: BriefLeak): void {
  leak.owner = owner;
  leak.at = brief.push(leak) - 1;
  if (registering) return;
  registering = true;
  void Promise.resolve().then(registerBrief);
}

/** The object of {@link watchBriefly} was closed. */
export function forgetBrief(owner: object, leak: BriefLeak): void {
  const last = leak.at < 0 ? undefined : brief.pop();
  if (!last) {
    registry.unregister(owner);
    return;
  }
  if (last !== leak) {
    brief[leak.at] = last;
    last.at = leak.at;
  }
  leak.at = -1;
  leak.owner = undefined;
}

function registerBrief(): void {
  registering = false;
  for (const leak of brief.splice(0)) {
    const { owner } = leak;
    leak.at = -1;
    leak.owner = undefined;
    if (owner) registry.register(owner, leak, owner);
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
