// Builds the reference programs and the observer into build/bench; what is newer than its sources stays.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildDirectory, checkout } from '../../scripts/lib/paths.mjs';
import { outputOf } from '../../scripts/lib/processes.mjs';

const directory = join(buildDirectory, 'bench');
const reference = join(checkout, 'bench/reference');
const observer = join(checkout, 'bench/observer');
const compiler = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror'];

/** Where the built programs are. */
export const programs = {
  launch: join(directory, 'launch'),
  observer: join(directory, 'observer.so'),
  cameraToDisplay: join(directory, 'camera_to_display'),
  alloc: join(directory, 'alloc'),
  gstBridge: join(directory, 'gst_bridge'),
};

export function buildReferences() {
  mkdirSync(directory, { recursive: true });
  const flags = (library) => (what) =>
    outputOf('pkg-config', [what, library]).trim().split(/\s+/).filter(Boolean);
  const drm = flags('libdrm');
  const gst = flags('gstreamer-app-1.0');
  const of = (folder, ...names) => names.map((name) => join(folder, name));
  const streams = of(reference, 'camera_to_display.c', 'camera.c', 'display.c', 'heap.c');
  build(programs.cameraToDisplay, streams, ['-pthread', ...drm('--cflags'), ...drm('--libs')]);
  build(programs.alloc, of(reference, 'alloc.c', 'heap.c'), []);
  build(programs.gstBridge, of(reference, 'gst_bridge.c'), [...gst('--cflags'), ...gst('--libs')]);
  build(programs.launch, of(observer, 'launch.c'), []);
  build(programs.observer, of(observer, 'observer.c'), ['-shared', '-fPIC', ...drm('--cflags'), '-ldl']);
}

function build(program, sources, more) {
  if (changed(program) >= newestSource()) return;
  outputOf('cc', [...compiler, '-o', program, ...sources, ...more]);
}

function newestSource() {
  const files = [reference, observer].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  return Math.max(...files.map(changed));
}

function changed(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
