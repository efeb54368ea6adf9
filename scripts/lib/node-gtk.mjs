// node-gtk, through which GStreamer is controlled: a package that users add and the tests need, built from source where the
// system has what it needs. The set-up installs npm packages without their scripts, so this is where it is built.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheDirectory, checkout, logDirectory } from './paths.mjs';
import { runLogged } from './processes.mjs';
import { beginStep, say } from './progress.mjs';

const folder = join(checkout, 'node_modules/node-gtk');

/**
 * Takes about a minute the first time; the cache has it afterwards. A failure is told and is not the end: nothing but
 * GStreamer's control needs it.
 * @param {string | undefined} nodeHeaders the prefix of Node's headers, where they are on this machine
 */
export async function buildNodeGtk(nodeHeaders) {
  if (!existsSync(folder) || !hasLibraries()) return;
  const built = join(
    folder,
    `lib/binding/node-v${process.versions.modules}-${process.platform}-${process.arch}`,
  );
  if (existsSync(built)) return;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const cached = join(cacheDirectory(), `node-gtk-${version}`, basename(built));
  if (existsSync(cached)) {
    cpSync(cached, built, { recursive: true });
    return;
  }
  const building = beginStep('Building node-gtk, which controls GStreamer');
  const log = join(logDirectory, 'node-gtk.log');
  // Its prebuilt binaries are not for every Node, and come from elsewhere than the registry.
  const env = { ...process.env, npm_config_build_from_source: 'true', JOBS: 'max' };
  if (nodeHeaders) env.npm_config_nodedir = nodeHeaders;
  try {
    await runLogged('npm', ['rebuild', 'node-gtk', '--ignore-scripts=false'], { cwd: checkout, log, env });
  } catch {
    building.failed();
    say(`GstPipeline will not work in this checkout; ${log} says why.`);
    return;
  }
  building.done();
  cpSync(built, cached, { recursive: true });
}

function hasLibraries() {
  const { status } = spawnSync('pkg-config', [
    '--exists',
    'gobject-introspection-1.0',
    'cairo',
    'cairo-gobject',
  ]);
  return status === 0;
}
