/** The main job on the real kernel. One file, because on the emulated board a test file costs seconds before its first test. */

/** On a busy host the board is slow, and a program that strace watches slower still. */
jest.setTimeout(1_200_000);

import './topics/same-buffers';
import './topics/system-calls';
import './topics/box';
import './topics/picture';
import './topics/planes';
import './topics/choice';
import './topics/tee';
import './topics/convert';
