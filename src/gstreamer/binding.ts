/** The only file that loads the second addon (`native/gst_*`), which needs GStreamer, and node-gtk beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidStateError, KernelError, UnsupportedError } from '../errors';
import { PACKAGE_FOLDER } from '../native/package-folder';

/** What `native/gst_addon.cc` exports. */
export interface GstAddon {
  /** Comes before everything else: the addon throws these errors. */
  initialize(options: {
    KernelError: typeof KernelError;
    InvalidStateError: typeof InvalidStateError;
    TypeError: typeof TypeError;
    RangeError: typeof RangeError;
  }): void;
  /** Of the library that is loaded: `1.22.0`. */
  gstVersion(): string;
}

const PLACES = ['build/Release/dmaflow_gst.node', 'build/Debug/dmaflow_gst.node'];

/** What to install for `src/gstreamer`, as one text for every error about it. */
export const GSTREAMER_ADVICE =
  'On Debian and Ubuntu: apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good ' +
  'gstreamer1.0-plugins-bad gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 libgirepository1.0-dev libcairo2-dev ' +
  'libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev g++ make python3 pkg-config, then: npm install node-gtk ' +
  '&& npm rebuild dmaflow (in a checkout of dmaflow: npm run setup)';

let addon: GstAddon | undefined;

/**
 * The addon for GStreamer. Loads it the first time.
 *
 * @throws UnsupportedError where it is not built or does not load, with what to install; the loader's own error is
 * its cause.
 */
export function loadGstAddon(): GstAddon {
  addon ??= initialized(requireAddon());
  return addon;
}

function initialized(loaded: GstAddon): GstAddon {
  loaded.initialize({ KernelError, InvalidStateError, TypeError, RangeError });
  return loaded;
}

function requireAddon(): GstAddon {
  const path = PLACES.map((place) => join(PACKAGE_FOLDER, place)).find((place) => existsSync(place));
  if (!path) {
    throw new UnsupportedError(
      `dmaflow was built without GStreamer: its development files were not there. ${GSTREAMER_ADVICE}`,
    );
  }
  try {
    return require(path) as GstAddon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new UnsupportedError(`GStreamer's part of dmaflow does not load: ${reason}. ${GSTREAMER_ADVICE}`, {
      cause,
    });
  }
}
