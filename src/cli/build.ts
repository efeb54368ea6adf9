/**
 * `dmaflow build`: the addons from their source (`native/`), for a machine that none is prebuilt for. What is missing for
 * it is said before anything starts.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { PACKAGE_FOLDER } from '../native/package-folder';
import type { CommandOutput } from './output';

interface Need {
  what: string;
  /** Debian's and Ubuntu's package. */
  debian: string;
  present: boolean;
}

const GSTREAMER = ['gstreamer-1.0', 'gstreamer-base-1.0', 'gstreamer-video-1.0', 'gstreamer-allocators-1.0'];

export function buildCommand(): CommandOutput {
  const compiler = process.env.CXX ?? ['g++', 'clang++', 'c++'].find((name) => runs(name)) ?? 'g++';
  const missing = needs(compiler).filter(({ present }) => !present);
  if (missing.length > 0) return failed(complaint(missing));
  if (!mayWrite(PACKAGE_FOLDER)) {
    return failed(
      `dmaflow: ${PACKAGE_FOLDER} cannot be written by this user. Run the command as the one who installed it.`,
    );
  }
  process.stderr.write(
    `Building with ${compiler}, against this system's libdrm and libyuv; it takes a minute or two.\n`,
  );
  const args = ['-C', join(PACKAGE_FOLDER, 'native'), '-j', String(availableParallelism())];
  const settings = [`CXX=${compiler}`, `NODE=${process.execPath}`];
  const { status } = spawnSync('make', [...args, ...settings], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) return failed('dmaflow: the build has failed; the reason is above.');
  const built = ['dmaflow', 'dmaflow_gst']
    .map((name) => join(PACKAGE_FOLDER, 'build/Release', `${name}.node`))
    .filter((path) => existsSync(path));
  return {
    stdout: built.map((path) => `built ${path}`).join('\n'),
    stderr: runs('pkg-config', '--exists', ...GSTREAMER)
      ? ''
      : "dmaflow: built without GStreamer's part, whose development files are not here. On Debian and Ubuntu: " +
        'apt-get install libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev, then build again.',
    exitCode: 0,
  };
}

function needs(compiler: string): Need[] {
  const has = (module: string) => runs('pkg-config', '--exists', module);
  const nodeHeaders = resolve(process.execPath, '../../include/node/uv.h');
  return [
    { what: `a C++17 compiler (${compiler})`, debian: 'g++', present: runs(compiler) },
    { what: 'make', debian: 'make', present: runs('make') },
    { what: 'pkg-config', debian: 'pkg-config', present: runs('pkg-config') },
    { what: 'libdrm with its headers', debian: 'libdrm-dev', present: has('libdrm') },
    // In Debian it has no pkg-config file.
    { what: 'libyuv with its headers', debian: 'libyuv-dev', present: hasHeader(compiler, 'libyuv.h') },
    {
      what: "libuv's headers, which this Node has not brought along",
      debian: 'libuv1-dev',
      present: existsSync(nodeHeaders) || has('libuv'),
    },
  ];
}

function complaint(missing: readonly Need[]): string {
  const list = missing.map(({ what }) => `  ${what}\n`).join('');
  const packages = missing.map(({ debian }) => debian).join(' ');
  return `dmaflow: the addon cannot be built without:\n${list}On Debian and Ubuntu: apt-get install ${packages}`;
}

function hasHeader(compiler: string, header: string): boolean {
  const [program = '', ...options] = compiler.split(' ');
  const input = `#include <${header}>\n`;
  return spawnSync(program, [...options, '-E', '-x', 'c++', '-'], { input }).status === 0;
}

function runs(command: string, ...args: string[]): boolean {
  const [program = '', ...options] = command.split(' ');
  return spawnSync(program, [...options, ...(args.length > 0 ? args : ['--version'])]).status === 0;
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function failed(stderr: string): CommandOutput {
  return { stdout: '', stderr, exitCode: 1 };
}
