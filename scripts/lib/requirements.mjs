// What the project needs of the system, by purpose, and how to see whether it is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { boards, defaultBoard } from '../../test/board/machine/boards.mjs';
import { hasKernel, isBuiltFromSource } from '../../test/board/machine/kernel.mjs';
import { prebuildRequirements } from '../prebuild/requirements.mjs';
import { arm64Target, targets } from '../prebuild/targets.mjs';
import { GSTREAMER_MODULES, nodeHeaders } from './build.mjs';
import { findProgram, hasLibrary } from './processes.mjs';

/**
 * @typedef {object} Requirement
 * @property {string} purpose in words, for distributions whose package names we do not know
 * @property {Level[]} levels the jobs that need it
 * @property {string[]} debian packages
 * @property {() => boolean} present
 */

/**
 * `board` is the default board, `board:arm64` another, `prebuild:linux-arm64` the prebuilt addons for that target.
 * @typedef {'build' | 'board' | `board:${string}` | `prebuild:${string}` | 'prebuilt-arm' | 'test' | 'gstreamer' | 'window' | 'bench'} Level
 */

/** The jobs of running a board. @param {import('../../test/board/machine/boards.mjs').Board} board @returns {Level[]} */
export function boardLevels(board) {
  return [boardLevel(board), ...(board.root ? [prebuildLevel(arm64Target)] : [])];
}

/** @param {import('../prebuild/targets.mjs').Target} target @returns {Level} */
export const prebuildLevel = (target) => `prebuild:${target.name}`;

const boardLevel = (board) => (board === defaultBoard ? 'board' : `board:${board.name}`);

const programs =
  (...names) =>
  () =>
    names.every((name) => findProgram(name));

/** @returns {Requirement[]} */
function boardRequirements(board) {
  const levels = [boardLevel(board)];
  const forKernel = (present) => () => hasKernel(board) || present();
  const kernel = isBuiltFromSource(board)
    ? sourceKernelRequirements(board)
    : distributionKernelRequirements(board);
  return [
    {
      purpose: `QEMU for ${board.kernel.architecture}, the emulated board ${board.name}`,
      levels,
      debian: [board.qemu.debian],
      present: programs(board.qemu.program),
    },
    ...kernel.map((requirement) => ({ ...requirement, levels, present: forKernel(requirement.present) })),
    ...(board.deviceTree ? [{ ...deviceTreeCompiler, levels }] : []),
  ];
}

const sourceKernelRequirements = (board) => [
  {
    purpose: `a C compiler, make, flex, bison, bc and xz, for the kernel of the board ${board.name}`,
    debian: ['gcc', 'libc6-dev', 'make', 'flex', 'bison', 'bc', 'xz-utils'],
    present: programs('gcc', 'make', 'flex', 'bison', 'bc', 'xz'),
  },
  {
    purpose: `libelf with its headers, for the kernel of the board ${board.name}`,
    debian: ['libelf-dev'],
    present: () => hasLibrary('libelf', '/usr/include/libelf.h'),
  },
];

const distributionKernelRequirements = (board) => [
  {
    purpose: `a C compiler, make, cpio, kmod, xz and zstd, for the kernel of the board ${board.name}`,
    debian: ['gcc', 'libc6-dev', 'make', 'cpio', 'kmod', 'xz-utils', 'zstd'],
    present: programs('gcc', 'make', 'cpio', 'modinfo', 'xz', 'zstd'),
  },
];

const deviceTreeCompiler = {
  purpose: 'the device-tree compiler, for a board with a device tree of its own',
  debian: ['device-tree-compiler'],
  present: programs('dtc', 'fdtoverlay'),
};

const pkgConfigHas =
  (...modules) =>
  () =>
    spawnSync('pkg-config', ['--exists', ...modules]).status === 0;
const hasElements =
  (...elements) =>
  () =>
    elements.every((element) => spawnSync('gst-inspect-1.0', ['--exists', element]).status === 0);

/** @type {Requirement[]} */
const requirements = [
  {
    purpose: 'a C++17 compiler and make, for the addon',
    levels: ['build'],
    debian: ['g++', 'make'],
    present: programs('g++', 'make'),
  },
  {
    purpose: 'Python 3, for node-gyp, which builds node-gtk',
    levels: ['gstreamer'],
    debian: ['python3'],
    present: programs('python3'),
  },
  { purpose: 'pkg-config', levels: ['build'], debian: ['pkg-config'], present: programs('pkg-config') },
  {
    purpose: 'libdrm with its headers, for the addon',
    levels: ['build'],
    debian: ['libdrm-dev'],
    present: () => hasLibrary('libdrm', '/usr/include/libdrm/drm.h'),
  },
  {
    purpose: "libuv's headers, which this Node has not brought along, for the addon",
    levels: ['build'],
    debian: ['libuv1-dev'],
    present: () => nodeHeaders() !== undefined || hasLibrary('libuv', '/usr/include/uv.h'),
  },
  {
    // It has no pkg-config file in Debian.
    purpose: 'libyuv with its headers, for the addon',
    levels: ['build'],
    debian: ['libyuv-dev'],
    present: () => existsSync('/usr/include/libyuv.h'),
  },
  ...targets.flatMap((target) => {
    return prebuildRequirements(target).map((each) => ({ ...each, levels: [prebuildLevel(target)] }));
  }),
  {
    purpose: "QEMU's user mode, which loads the prebuilt addon for ARMv7",
    levels: ['prebuilt-arm'],
    debian: ['qemu-user-static'],
    present: () => programs('qemu-arm-static')() || programs('qemu-arm')(),
  },
  ...Object.values(boards).flatMap(boardRequirements),
  {
    purpose: "QEMU's window, to see the board's screen",
    levels: ['window'],
    debian: ['qemu-system-gui'],
    present: hasQemuWindow,
  },
  {
    purpose: 'strace, for the board tests',
    levels: ['test'],
    debian: ['strace'],
    present: programs('strace'),
  },
  {
    purpose: 'v4l2-ctl and media-ctl, for the board tests and the benchmark',
    levels: ['test', 'bench'],
    debian: ['v4l-utils'],
    present: programs('v4l2-ctl', 'media-ctl'),
  },
  {
    purpose: 'GStreamer with its headers, for the addon that joins it to the graph',
    levels: ['gstreamer', 'bench'],
    debian: ['libgstreamer1.0-dev', 'libgstreamer-plugins-base1.0-dev'],
    present: pkgConfigHas(...GSTREAMER_MODULES),
  },
  {
    purpose:
      "GObject introspection with GStreamer's typelib, and cairo, for node-gtk, which controls GStreamer",
    levels: ['gstreamer'],
    debian: ['libgirepository1.0-dev', 'libcairo2-dev', 'gir1.2-gstreamer-1.0'],
    present: pkgConfigHas('gobject-introspection-1.0', 'cairo', 'cairo-gobject'),
  },
  {
    purpose: "GStreamer's elements, for its tests and samples",
    levels: ['gstreamer'],
    debian: [
      'gstreamer1.0-tools',
      'gstreamer1.0-plugins-base-apps',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
      'gstreamer1.0-plugins-ugly',
    ],
    present: () =>
      programs('gst-discoverer-1.0')() && hasElements('videoconvert', 'jpegenc', 'h264parse', 'x264enc')(),
  },
  {
    purpose: 'gst-launch-1.0 with v4l2src and kmssink, to compare with',
    levels: ['bench'],
    debian: [
      'gstreamer1.0-tools',
      'gstreamer1.0-plugins-base',
      'gstreamer1.0-plugins-good',
      'gstreamer1.0-plugins-bad',
    ],
    present: programs('gst-launch-1.0'),
  },
];

/** What is missing for the jobs. @param {Level[]} levels */
export function missingRequirements(levels) {
  return requirements.filter((requirement) => {
    return requirement.levels.some((level) => levels.includes(level)) && !requirement.present();
  });
}

/** Debian builds QEMU's windows as modules, other distributions may have them in the program. */
export function hasQemuWindow() {
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  const directories = [
    '/usr/lib/qemu',
    '/usr/lib64/qemu',
    ...libraries.map((name) => `/usr/lib/${name}/qemu`),
  ];
  const modules = directories.filter((path) => existsSync(path)).flatMap((path) => readdirSync(path));
  return modules.length === 0 || modules.includes('ui-gtk.so');
}
