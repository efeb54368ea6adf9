// The command lines of what is compared: the same job for dmaflow, plain C and GStreamer.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programs } from './build.mjs';

const subjects = join(dirname(fileURLToPath(import.meta.url)), '../subjects');

/**
 * @typedef {object} StreamJob
 * @property {import('./machine.mjs').Stream[]} streams
 * @property {string} heap
 * @property {'XRGB8888' | 'NV12'} format
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {number} frames of each camera
 * @property {'none' | 'sync' | 'luma'} [access] what the CPU does with each frame
 * @property {'blocked' | 'garbage'} [load] what JavaScript is busy with meanwhile
 */

/** @param {string} name of subjects/ */
export function subject(name, job) {
  return [process.execPath, join(subjects, `${name}.js`), JSON.stringify(job)];
}

/** @param {StreamJob} job */
export const ours = (job) => subject('camera-to-display', job);

/** @param {StreamJob} job */
export function plainC({ streams, heap, format, width, height, fps, frames, access = 'none' }) {
  const fourcc = format === 'NV12' ? 'NV12' : 'XR24';
  const devices = streams.flatMap(({ camera, card }) => [camera, card]);
  return [
    programs.cameraToDisplay,
    heap,
    fourcc,
    `${width}x${height}`,
    String(fps),
    String(frames),
    access,
    ...devices,
  ];
}

/** @param {StreamJob} job of one stream */
export function gstLaunch({ streams: [stream], format, width, height, fps, frames }) {
  const caps = `video/x-raw,format=${format === 'NV12' ? 'NV12' : 'BGRx'},width=${width},height=${height},framerate=${fps}/1`;
  const source = ['v4l2src', `device=${stream.camera}`, 'io-mode=dmabuf', `num-buffers=${frames}`];
  return ['gst-launch-1.0', '-q', ...source, '!', caps, '!', 'kmssink', `driver-name=${stream.driver}`];
}

/** The load of a job as a process of its own, for contestants that have no JavaScript. */
export function loadAlone(name, seconds) {
  return [process.execPath, join(subjects, 'load.js'), name, String(seconds)];
}
