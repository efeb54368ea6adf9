/** The only file that loads the second addon (`native/gst_*`), which needs GStreamer, and node-gtk. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InvalidStateError, KernelError, UnsupportedError } from '../errors';
import { loadAddonFile } from '../native/addon-file';
import { PACKAGE_FOLDER } from '../native/package-folder';
import type { GstAddon } from './addon';
import type { GstNamespace, NodeGtk } from './gi';

/** What GstPipeline needs beside it: node-gtk, which npm builds from source. */
const NODE_GTK_ADVICE =
  'On Debian and Ubuntu: apt-get install g++ make ' +
  'python3 pkg-config libgirepository1.0-dev libcairo2-dev gir1.2-gstreamer-1.0, then: npm install node-gtk ' +
  '(where npm does not run its installation: npm rebuild node-gtk)';

/** GStreamer, ready to be used. */
export interface GStreamer {
  addon: GstAddon;
  Gst: GstNamespace;
  /** The address of an object of GStreamer's, for the addon; only while something refers to its wrapper. */
  addressOf(wrapper: object): number;
}

let loadedAddon: GstAddon | undefined;
let gstreamer: GStreamer | undefined;

/**
 * The addon for GStreamer. Loads it the first time.
 *
 * @throws UnsupportedError where there is none for this machine, or it does not load, with what to install.
 */
export function loadGstAddon(): GstAddon {
  if (loadedAddon) return loadedAddon;
  const addon = attempt('GStreamer is not available: ', '', () => loadAddonFile('dmaflow_gst') as GstAddon);
  addon.initialize({ KernelError, InvalidStateError, TypeError, RangeError });
  loadedAddon = addon;
  return addon;
}

/**
 * GStreamer with everything that controls it: initialized, its main context in this thread's event loop, and node-gtk
 * for its objects. The first time takes some 50 ms; what is there by then stays.
 *
 * @throws UnsupportedError where something is not installed, with what to install, and in a worker thread, where
 * node-gtk crashes.
 */
export function loadGStreamer(): GStreamer {
  if (gstreamer) return gstreamer;
  const { isMainThread }: typeof import('node:worker_threads') = require('node:worker_threads');
  if (!isMainThread) {
    throw new UnsupportedError(
      'GStreamer is controlled from the main thread only: node-gtk crashes in worker threads. Make the pipeline in the main thread.',
    );
  }
  const addon = loadGstAddon();
  const { require: requireTypelib, System } = loadNodeGtk();
  addon.initializeGStreamer();
  addon.attachMainContext();
  const Gst = attempt(
    "GstPipeline is not available: GStreamer's typelib does not load: ",
    `. ${NODE_GTK_ADVICE}`,
    () => requireTypelib('Gst', '1.0') as GstNamespace,
  );
  gstreamer = { addon, Gst, addressOf: System.addressOf };
  return gstreamer;
}

/**
 * node-gtk, without GStreamer.
 *
 * @throws UnsupportedError where it is not installed or not built.
 */
export function loadNodeGtk(): NodeGtk {
  return attempt(
    'GstPipeline is not available: the npm package node-gtk does not load: ',
    `. ${NODE_GTK_ADVICE}`,
    () => requireFromPackage('node-gtk') as NodeGtk,
  );
}

function attempt<T>(complaint: string, advice: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim().split('\n')[0] : String(cause);
    throw new UnsupportedError(`${complaint}${reason}${advice}`, { cause });
  }
}

/** Null where it cannot be told. */
export function nodeGtkVersion(): string | null {
  try {
    return (requireFromPackage('node-gtk/package.json') as { version: string }).version;
  } catch {
    return null;
  }
}

/** As the package's own `require`. A bundler leaves it alone: node-gtk is nobody's but the user's, and optional. */
function requireFromPackage(id: string): unknown {
  return createRequire(join(PACKAGE_FOLDER, 'package.json'))(id);
}
