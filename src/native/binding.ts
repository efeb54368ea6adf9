/** The only file that loads the addon (`native/`). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidStateError, KernelError, UnsupportedError } from '../errors';
import type { Kernel } from './kernel';
import { PACKAGE_FOLDER } from './package-folder';

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
 * @throws UnsupportedError where the addon is not built or does not load; the loader's own error is its cause.
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
    // node-gyp-build loads the first addon of a folder, and beside ours there may be that for GStreamer.
    const built = join(PACKAGE_FOLDER, 'build/Release/dmaflow.node');
    // As node-gyp-build understands it: what lies in build/ is for another machine.
    if (!process.env.PREBUILDS_ONLY && existsSync(built)) return require(built);
    const load: (folder: string) => Addon = require('node-gyp-build');
    return load(PACKAGE_FOLDER);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new UnsupportedError(
      `the native addon of dmaflow does not load: ${reason}\n` +
        `Build it with \`npm run build:native\` in ${PACKAGE_FOLDER} (\`npm rebuild dmaflow\` in a project that uses it). ` +
        'That needs a C++17 compiler, make, Python 3, pkg-config and the headers of libdrm; on Debian and Ubuntu: ' +
        'apt-get install g++ make python3 pkg-config libdrm-dev',
      { cause },
    );
  }
}
