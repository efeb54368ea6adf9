// What addons are prebuilt for.

/**
 * @typedef {object} Target
 * @property {string} name of its folder in prebuilds/: `process.platform` and `process.arch` of its Node
 * @property {string} debian Debian's name of the architecture
 * @property {string} triplet that the compiler's name begins with
 * @property {string[]} compiler Debian's packages of the compiler, on a machine of another architecture
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
    compiler: ['g++-x86-64-linux-gnu'],
    addons: BOTH,
  },
  {
    name: 'linux-arm64',
    debian: 'arm64',
    triplet: 'aarch64-linux-gnu',
    compiler: ['g++-aarch64-linux-gnu'],
    addons: BOTH,
  },
  {
    // ARMv7 with a floating-point unit, as Debian's armhf. NEON is used where the processor says that it has it.
    name: 'linux-arm',
    debian: 'armhf',
    triplet: 'arm-linux-gnueabihf',
    compiler: ['g++-arm-linux-gnueabihf'],
    addons: ['dmaflow'],
    yuvFlags: ['-DLIBYUV_NEON'],
    neonFlags: ['-mfpu=neon'],
  },
];

export const targetNamed = (name) => targets.find((target) => target.name === name);

/** The C library that all of them are for. */
export const LIBC = 'glibc';
