/**
 * Frames over time. The clock of this boot counts instructions (boot.json), so that a busy host delays nothing here: a frame that
 * is lost is lost by the pipeline. It also runs far ahead while the board waits for the host's files, hence no short limits.
 */
jest.setTimeout(24 * 3600_000);

import './topics/every-frame';
import './topics/subscribers';
import './topics/ten-thousand-frames';
