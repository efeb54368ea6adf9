// What addons are prebuilt for.

/**
 * @typedef {object} Target
 * @property {string} name of its folder in prebuilds/: `process.platform` and `process.arch` of its Node
 * @property {string} debian Debian's name of the architecture
 * @property {string} triplet that the compiler's name begins with
 * @property {string[]} compiler Debian's packages of the compilers for C and C++
 * @property {string[]} addons
 * @property {string[]} [yuvFlags] of the compiler, for libyuv
 * @property {string[]} [neonFlags] and for its files for NEON
 */

const BOTH = ['dmaflow', 'dmaflow_gst'];

/** @type {Target[]} */
export const targets = [
  {
    name: 'linux-x64',
    debian: 'amd64',
    triplet: 'x86_64-linux-gnu',
    compiler: ['gcc-x86-64-linux-gnu', 'g++-x86-64-linux-gnu'],
    addons: BOTH,
  },
  {
    name: 'linux-arm64',
    debian: 'arm64',
    triplet: 'aarch64-linux-gnu',
    compiler: ['gcc-aarch64-linux-gnu', 'g++-aarch64-linux-gnu'],
    addons: BOTH,
  },
  {
    // ARMv7 with a floating-point unit, as Debian's armhf. NEON is used where the processor says that it has it.
    name: 'linux-arm',
    debian: 'armhf',
    triplet: 'arm-linux-gnueabihf',
    compiler: ['gcc-arm-linux-gnueabihf', 'g++-arm-linux-gnueabihf'],
    addons: ['dmaflow'],
    yuvFlags: ['-DLIBYUV_NEON'],
    neonFlags: ['-mfpu=neon'],
  },
];

export const targetNamed = (name) => targets.find((target) => target.name === name);
export const arm64Target = targetNamed('linux-arm64');

/** The programs that make a target's binaries. @param {Target} target @param {string} name as gcc */
export const toolOf = (target, name) => `${target.triplet}-${name}`;

/** The C library that all of them are for. */
export const LIBC = 'glibc';
