// Debian's packages that prebuilt addons are made from: of one suite whatever the machine has, so that the same comes
// out everywhere.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteAptOptions } from '../lib/apt-suite.mjs';
import { runLogged } from '../lib/processes.mjs';

const SUITE = 'bookworm';

/** Linked in statically from its source: Debian's own libraries are not position independent. */
const SOURCES = ['libyuv', 'libjpeg-turbo'];

/** libdrm is linked in from here. GStreamer's and GLib's libraries are only named in the addon. */
const DEVELOPMENT = {
  dmaflow: ['libdrm-dev', 'libuv1-dev'],
  dmaflow_gst: [
    ...['libgstreamer1.0-dev', 'libgstreamer1.0-0', 'libglib2.0-dev', 'libglib2.0-0'],
    ...['libgstreamer-plugins-base1.0-dev', 'libgstreamer-plugins-base1.0-0'],
  ],
};

/**
 * Fetches and unpacks the sources.
 * @param {string} work @param {string} log
 * @returns {Promise<Record<string, { folder: string, version: string }>>} by package
 */
export async function fetchSources(work, log) {
  const downloads = await download(work, { type: 'deb-src' }, ['source', '--download-only', ...SOURCES], log);
  const found = {};
  for (const file of downloads.filter((name) => name.endsWith('.dsc'))) {
    const [name, version] = file.slice(0, -'.dsc'.length).split('_');
    const folder = join(work, name);
    const args = ['--no-check', '--extract', join(work, 'downloads', file), folder];
    await runLogged('dpkg-source', args, { cwd: work, log, append: true });
    found[name] = { folder, version };
  }
  return found;
}

/** Fetches the development packages for a target and unpacks them into `root`; nothing is installed. */
export async function fetchDevelopment(target, work, root, log) {
  const packages = target.addons.flatMap((addon) => DEVELOPMENT[addon]);
  const options = { architecture: target.debian };
  const downloads = await download(work, options, ['download', ...packages], log);
  await mkdir(root, { recursive: true });
  for (const file of downloads) {
    const args = ['--extract', join(work, 'downloads', file), root];
    await runLogged('dpkg-deb', args, { log, append: true });
  }
}

async function download(work, options, command, log) {
  const apt = await suiteAptOptions(SUITE, work, options);
  const cwd = join(work, 'downloads');
  await mkdir(cwd, { recursive: true });
  const run = (...args) => runLogged('apt-get', [...apt, '-q', '-y', ...args], { cwd, log, append: true });
  await run('update');
  await run(...command);
  return (await readdir(cwd)).sort();
}
