/** The real kernel: the addon (`native/`), loaded when somebody asks for it. */
import { InvalidStateError, KernelError, UnsupportedError } from '../errors';
import { loadAddonFile } from './addon-file';
import type { Kernel } from './kernel';

interface Addon extends Kernel {
  /**
   * Comes before everything else: the addon throws these errors. Each JavaScript realm has its own built-in ones, so
   * they are handed over too.
   */
  initialize(options: {
    KernelError: typeof KernelError;
    InvalidStateError: typeof InvalidStateError;
    TypeError: typeof TypeError;
    RangeError: typeof RangeError;
    /** Views of mappings are copies, as in a runtime that refuses external buffers. For tests. */
    copyViews?: boolean;
    /** Memory that no CPU access is open for is out of reach, and a fault names the buffer (native/memory_guard.h). */
    guard?: boolean;
  }): void;
}

let kernel: Kernel | undefined;

/**
 * The real kernel. Loads the addon the first time.
 *
 * @throws UnsupportedError where there is no addon for this machine or it does not load, with what to do.
 */
export function loadKernel(): Kernel {
  kernel ??= initialized(loadAddon());
  return kernel;
}

function initialized(addon: Addon): Kernel {
  const guard = process.env.DMAFLOW_GUARD === '1';
  addon.initialize({ KernelError, InvalidStateError, TypeError, RangeError, guard });
  // V8 keeps an object with as many properties as a hash table, unless it is a prototype: then it knows the functions.
  return Object.create(addon);
}

function loadAddon(): Addon {
  try {
    return loadAddonFile('dmaflow') as Addon;
  } catch (cause) {
    throw new UnsupportedError(`the native addon of dmaflow does not load: ${(cause as Error).message}`, {
      cause,
    });
  }
}
