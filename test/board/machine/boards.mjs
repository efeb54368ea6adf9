// The emulated boards. A board is an entry here. Its kernel is the distribution's own (distribution/), or one that is built from
// source with the fragments of kernel/.
import { Failure } from '../../../scripts/lib/failure.mjs';

/**
 * What both kinds of kernel say.
 * @typedef {object} AnyKernel
 * @property {string} suite Debian suite with the packages
 * @property {string} atLeast oldest Linux that has what the tests need
 * @property {string} [below] the first Linux that is too new
 * @property {string} architecture as ARCH= of the kernel's build
 */

/**
 * Debian's binary kernel with modules beside those that Debian builds.
 * @typedef {object} DistributionKernelParts
 * @property {string} flavour end of the packages' names
 * @property {string[]} modules loaded in this order, with what they need, before the root is mounted
 * @property {ExtraModules[]} extra modules that Debian's configuration leaves out, built against its headers
 * @typedef {AnyKernel & DistributionKernelParts} DistributionKernel
 */

/**
 * @typedef {object} ExtraModules
 * @property {string} directory of the kernel's source, with a Makefile of its own
 * @property {Record<string, string>} options as on make's command line
 * @property {string[]} modules that come of it
 */

/**
 * A kernel that is built from source, with everything built in.
 * @typedef {object} SourceKernelParts
 * @property {string} [crossCompile] prefix of the cross compiler's programs, as CROSS_COMPILE=
 * @property {string[]} fragments files of kernel/, merged in this order
 * @property {string} target what make builds
 * @property {string} image where make leaves it
 * @property {number} objects about as many are compiled, for the progress line
 * @typedef {AnyKernel & SourceKernelParts} SourceKernel
 */

/**
 * @typedef {object} Board
 * @property {string} name
 * @property {string} [host] the process.arch that it runs on: its root is the host's, with the host's programs
 * @property {'arm64'} [root] its root is one of its own (scripts/lib/arm64-root.mjs), and the addon is cross-built
 * @property {DistributionKernel | SourceKernel} kernel
 * @property {string} [fallback] name of the board whose kernel serves where this one's cannot be made
 * @property {object} qemu
 * @property {string} qemu.program
 * @property {string} qemu.debian the package with that program
 * @property {string[]} qemu.machine machine, processor and its number
 * @property {string} [deviceTree] file of device-tree/: an overlay over the device tree of QEMU's machine
 * @property {string} console the kernel's console
 * @property {string[]} append kernel arguments; the caller's come after them and win
 */

// Two cameras that need contiguous memory, as most embedded ones do: the first with one memory plane, the second
// with a buffer for each. Only a capture node each: vivid's other nodes cost memory and boot time.
const cameras = [
  'vivid.n_devs=2',
  'vivid.allocators=1,1',
  'vivid.multiplanar=1,2',
  'vivid.node_types=0x1,0x1',
  'vivid.num_inputs=1,1',
  'vivid.input_types=0,0',
];

// Without "fast short rep mov", which newer QEMUs have: the kernel then copies all memory with rep movsb, and emulated that is
// one byte at a time.
const pc = {
  program: 'qemu-system-x86_64',
  debian: 'qemu-system-x86',
  machine: ['-cpu', 'max,-fsrm', '-smp', '2', '-vga', 'none'],
};

// What a boot under emulation need not do: these steps of the distribution's kernel take seconds there.
const quickBoot = [
  'mitigations=off',
  'nokaslr',
  'audit=0',
  'apparmor=0',
  'tsc=reliable',
  'no_timer_check',
  'initcall_blacklist=load_system_certificate_list,crypto_algapi_init,wakeup_sources_init',
];

/** @type {Record<string, Board>} */
export const boards = {
  // Ready in half a minute, where building a kernel takes many: the first picture's, and that of all that it can do.
  debian: {
    name: 'debian',
    host: 'x64',
    kernel: {
      suite: 'trixie-backports',
      atLeast: '6.17',
      architecture: 'x86_64',
      flavour: 'amd64',
      modules: [
        'virtio_rng',
        '9p',
        '9pnet_virtio',
        'configfs',
        'cma_heap',
        'vivid',
        'vgem',
        'vkms',
        'bochs',
        'virtio_gpu',
      ],
      extra: [
        {
          directory: 'drivers/dma-buf/heaps',
          options: { CONFIG_DMABUF_HEAPS_CMA: 'm', CONFIG_DMABUF_HEAPS_SYSTEM: '' },
          modules: ['cma_heap'],
        },
        {
          directory: 'drivers/gpu/drm/vkms',
          options: { CONFIG_DRM_VKMS: 'm', CONFIG_DRM_VKMS_KUNIT_TEST: '' },
          modules: ['vkms'],
        },
      ],
    },
    fallback: 'x86_64',
    qemu: pc,
    console: 'ttyS0',
    append: ['cma=128M', ...quickBoot, ...cameras],
  },
  // With what tests alone need (kernel/tests.config, and the software timelines of common.config), and little else: every instruction
  // counts on the virtual clock.
  x86_64: {
    name: 'x86_64',
    host: 'x64',
    kernel: {
      suite: 'trixie-backports',
      atLeast: '6.17',
      architecture: 'x86_64',
      fragments: ['common.config', 'small.config', 'tests.config', 'x86_64.config'],
      target: 'bzImage',
      image: 'arch/x86/boot/bzImage',
      objects: 1030,
    },
    qemu: pc,
    console: 'ttyS0',
    append: ['cma=128M', ...cameras],
  },
  // The last long-term kernel on which the default CMA heap has no name of its own.
  'x86_64-6.12': {
    name: 'x86_64-6.12',
    host: 'x64',
    kernel: {
      suite: 'trixie',
      atLeast: '6.12',
      below: '6.13',
      architecture: 'x86_64',
      fragments: ['common.config', 'small.config', 'x86_64.config', 'linux-6.12.config'],
      target: 'bzImage',
      image: 'arch/x86/boot/bzImage',
      objects: 980,
    },
    qemu: pc,
    console: 'ttyS0',
    append: ['cma=128M', ...cameras],
  },
  // A device tree, with the default CMA region under two names and a further region.
  arm64: {
    name: 'arm64',
    root: 'arm64',
    kernel: {
      suite: 'trixie-backports',
      atLeast: '6.17',
      architecture: 'arm64',
      crossCompile: 'aarch64-linux-gnu-',
      fragments: ['common.config', 'small.config', 'arm64.config'],
      target: 'Image',
      image: 'arch/arm64/boot/Image',
      objects: 900,
    },
    qemu: {
      program: 'qemu-system-aarch64',
      debian: 'qemu-system-arm',
      machine: ['-machine', 'virt', '-cpu', 'cortex-a53', '-smp', '2'],
    },
    deviceTree: 'arm64.dtso',
    console: 'ttyAMA0',
    append: cameras,
  },
};

/** What `npm start` and `npm run board` boot. */
export const defaultBoard = boards.debian;

/** Its small kernel is the one whose figures are compared from run to run. */
export const benchBoard = boards.x86_64;

/** The board of this name, the default one for none. @returns {Board} */
export function boardNamed(name) {
  if (name === undefined) return defaultBoard;
  if (Object.hasOwn(boards, name)) return boards[name];
  throw new Failure(`There is no board '${name}'. The boards are ${Object.keys(boards).join(', ')}.`, {
    exitCode: 2,
  });
}

/** Further devices by the name that people know; anything else goes to QEMU's `-device` as it is. */
export const devices = {
  // The default 16 MiB are too few for a double-buffered 1920x1080.
  bochs: 'bochs-display,vgamem=32M',
  'virtio-gpu': 'virtio-gpu-pci',
};
