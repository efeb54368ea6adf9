/** The main job on the real kernel. One file, because on the emulated board a test file costs seconds before its first test. */
import './topics/same-buffers';
import './topics/system-calls';
import './topics/box';
import './topics/picture';
import './topics/planes';
import './topics/choice';
