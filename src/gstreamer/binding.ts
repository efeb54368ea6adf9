/** The only file that loads the second addon (`native/gst_*`), which needs GStreamer, and node-gtk. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidStateError, KernelError, UnsupportedError } from '../errors';
import { PACKAGE_FOLDER } from '../native/package-folder';
import type { GstAddon } from './addon';
import type { GstNamespace, NodeGtk } from './gi';

const ADDON_PLACES = ['build/Release/dmaflow_gst.node', 'build/Debug/dmaflow_gst.node'];

/** What to install for `src/gstreamer`: one text for every error about it. */
export const GSTREAMER_ADVICE =
  'On Debian and Ubuntu: apt-get install g++ make python3 pkg-config libgstreamer1.0-dev ' +
  'libgstreamer-plugins-base1.0-dev libgirepository1.0-dev libcairo2-dev gir1.2-gstreamer-1.0 ' +
  'gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad, then: npm install node-gtk && ' +
  'npm rebuild dmaflow (in a checkout of dmaflow: npm run setup)';

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
 * @throws UnsupportedError where it is not built or does not load, with what to install; the loader's own error is
 * its cause.
 */
export function loadGstAddon(): GstAddon {
  if (loadedAddon) return loadedAddon;
  const path = ADDON_PLACES.map((place) => join(PACKAGE_FOLDER, place)).find((place) => existsSync(place));
  if (!path) throw missing('dmaflow was built without it, because its development files were not there');
  const addon = attempt("GStreamer's part of dmaflow does not load", () => require(path) as GstAddon);
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
    "GStreamer's typelib does not load",
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
  return attempt('the npm package node-gtk does not load', () => require('node-gtk') as NodeGtk);
}

function attempt<T>(complaint: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim().split('\n')[0] : String(cause);
    throw missing(`${complaint}: ${reason}`, cause);
  }
}

function missing(what: string, cause?: unknown): UnsupportedError {
  return new UnsupportedError(
    `GStreamer is not available: ${what}. ${GSTREAMER_ADVICE}`,
    cause === undefined ? undefined : { cause },
  );
}

/** Null where it cannot be told. */
export function nodeGtkVersion(): string | null {
  try {
    return (require('node-gtk/package.json') as { version: string }).version;
  } catch {
    return null;
  }
}
