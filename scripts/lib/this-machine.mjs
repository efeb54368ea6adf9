// May this machine's own camera and display show a picture? Told from its device nodes, before anything is built.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  existsSync,
  constants as fsConstants,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './processes.mjs';

/** What both kinds of capture device have in `device_caps` (Documentation/userspace-api/media/v4l/vidioc-querycap.rst). */
const CAPTURES = 0x00000001 | 0x00001000;

/** Perl is on every Debian, and can make the two ioctls that tell the most. */
const QUERY_CAPABILITIES =
  'open(F, "+<", $ARGV[0]) or exit 1; my $caps = "\\0" x 104; ioctl(F, 0x80685600, $caps) or exit 1; print unpack("x88 L", $caps)';
const SET_MASTER = 'open(F, "+<", $ARGV[0]) or exit 1; exit(ioctl(F, 0x641e, 0) ? 0 : 2)';

/**
 * Why this machine cannot show its camera's picture, in a sentence without its full stop; undefined where it may be able to.
 * @param {{ device?: string }} options `device`: the camera that is wanted, any when absent
 */
export function whyNotHere({ device }) {
  return whyNoCamera(device) ?? whyNoDisplay() ?? whyNoHeap();
}

function whyNoCamera(device) {
  if (device && !existsSync(device)) return `there is no ${device}`;
  const nodes = device ? [device] : nodesIn('/dev', /^video\d+$/);
  const cameras = nodes.filter((path) => !mayOpen(path) || captures(path));
  if (cameras.length === 0) return device ? `${device} is no camera` : 'this machine has no camera';
  if (!cameras.some((path) => mayOpen(path)))
    return `you may not open ${cameras[0]}: be in the group that owns it (sudo usermod -aG video $USER, then log in again)`;
  return undefined;
}

function whyNoDisplay() {
  const connected = nodesIn('/dev/dri', /^card\d+$/).filter(mayHaveDisplay);
  if (connected.length === 0) return 'this machine has no connected display';
  const permitted = connected.filter((path) => mayOpen(path));
  if (permitted.length === 0) {
    return `you may not open ${connected[0]}: be in the group that owns it (sudo usermod -aG video $USER, then log in again)`;
  }
  if (permitted.some((path) => perl(SET_MASTER, path)?.status !== 2)) return undefined;
  const holders = programsThatHold(permitted[0]);
  const who = holders.length > 0 ? ` (${holders.join(', ')})` : '';
  return `another program is DRM master of ${permitted[0]}${who}, as a desktop is: only it may set what the display shows`;
}

function whyNoHeap() {
  const heaps = nodesIn('/dev/dma_heap', /./);
  if (heaps.length === 0) return 'this machine has no dma-buf heaps (CONFIG_DMABUF_HEAPS of its kernel)';
  if (heaps.some((path) => mayOpen(path, fsConstants.R_OK))) return undefined;
  return `you may not open ${heaps[0]}: a udev rule allows it (SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660")`;
}

function nodesIn(directory, pattern) {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => pattern.test(name));
  return names.sort().map((name) => join(directory, name));
}

function mayOpen(path, mode = fsConstants.R_OK | fsConstants.W_OK) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

// What cannot be asked counts as a camera: the program itself finds out.
function captures(path) {
  const answer = perl(QUERY_CAPABILITIES, path);
  if (!answer) return true;
  return answer.status === 0 && (Number(answer.stdout) & CAPTURES) !== 0;
}

// A connector that nobody has looked at since the start of the machine is `unknown`.
function mayHaveDisplay(path) {
  const card = path.slice(path.lastIndexOf('/') + 1);
  return nodesIn('/sys/class/drm', new RegExp(`^${card}-(?!Writeback)`)).some((connector) => {
    return readFileSync(join(connector, 'status'), 'utf8').trim() !== 'disconnected';
  });
}

// Undefined where there is no perl.
function perl(script, path) {
  const program = findProgram('perl');
  return program && spawnSync(program, ['-e', script, path], { encoding: 'utf8', timeout: 5_000 });
}

// As far as this user may see them.
function programsThatHold(node) {
  const holds = (pid) => {
    try {
      const fds = `/proc/${pid}/fd`;
      return readdirSync(fds).some((fd) => readlinkSync(join(fds, fd)) === node);
    } catch {
      // The process belongs to somebody else, or is gone.
      return false;
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && holds(name));
  return pids.map((pid) => `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()}, pid ${pid}`);
}
