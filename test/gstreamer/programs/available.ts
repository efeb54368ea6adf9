/** Prints why GStreamer cannot be used here; nothing where it can. */
import { loadGStreamer } from '../../../src/gstreamer/binding';

try {
  loadGStreamer();
} catch (error) {
  process.stdout.write(`${(error as Error).message.split('. ')[0]}\n`);
}
