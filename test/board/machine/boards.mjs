// The emulated boards. A board is an entry here, with a kernel fragment in kernel/ where it needs one.

/**
 * @typedef {object} Board
 * @property {string} name
 * @property {string} host the process.arch that it runs on: its root is the host's, with the host's programs
 * @property {object} kernel
 * @property {string} kernel.suite Debian suite that carries the source package where the machine's own does not
 * @property {string} kernel.atLeast oldest Linux that has what the tests need
 * @property {string} kernel.architecture as ARCH= of the kernel's build
 * @property {string[]} kernel.fragments files of kernel/, merged in this order
 * @property {string} kernel.target what make builds
 * @property {string} kernel.image where make leaves it
 * @property {number} kernel.objects about as many are compiled, for the progress line
 * @property {object} qemu
 * @property {string} qemu.program
 * @property {string[]} qemu.machine machine, processor and its number
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

/** @type {Record<string, Board>} */
export const boards = {
  x86_64: {
    name: 'x86_64',
    host: 'x64',
    kernel: {
      suite: 'trixie-backports',
      atLeast: '6.17',
      architecture: 'x86_64',
      fragments: ['common.config', 'recent.config', 'x86_64.config'],
      target: 'bzImage',
      image: 'arch/x86/boot/bzImage',
      objects: 1480,
    },
    qemu: {
      program: 'qemu-system-x86_64',
      machine: ['-cpu', 'max', '-smp', '2', '-vga', 'none'],
    },
    console: 'ttyS0',
    append: ['cma=128M', ...cameras],
  },
};

export const defaultBoard = boards.x86_64;

/** Further devices by the name that people know; anything else goes to QEMU's `-device` as it is. */
export const devices = {
  // The default 16 MiB are too few for a double-buffered 1920x1080.
  bochs: 'bochs-display,vgamem=32M',
  'virtio-gpu': 'virtio-gpu-pci',
};
