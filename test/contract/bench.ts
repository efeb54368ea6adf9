/**
 * Where the contract suite runs: over the fake kernel, and on the emulated board (DMAFLOW_BOARD=1) over the real one,
 * with devices found by driver, never by number. The same tests judge both.
 */
import { isKernelError } from '../../src/errors';
import { loadKernel } from '../../src/native/binding';
import type { Kernel, OpenOptions } from '../../src/native/kernel';
import { V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_VIDEO_CAPTURE_MPLANE } from '../../src/native/v4l2';
import type { FakeBoard, FakeKernel } from '../../src/testing';

const CONTIGUOUS_HEAP = '/dev/dma_heap/default_cma_region';
const SYSTEM_HEAP = '/dev/dma_heap/system';

/** A kernel under test with the paths of its devices. */
export interface Bench {
  kernel: Kernel;
  contiguousHeap: string;
  systemHeap: string;
  /** vivid's webcam with contiguous DMA. */
  camera: string;
  /** The same, multi-planar. */
  multiplanarCamera: string;
  /** vkms. */
  card: string;
  /** vgem: no display. */
  renderCard: string;
  /** Set only for the fake: what a test does there that no one can do to the board. */
  fake: FakeBoard | undefined;
  /** What is still open, one line each. */
  left(): string[];
}

function fakeBench(): Bench {
  // Not imported on the board, where every file that is loaded costs time.
  const testing: { FakeKernel: typeof FakeKernel } = require('../../src/testing');
  const board = testing.FakeKernel.board();
  const { kernel } = board;
  return {
    kernel,
    contiguousHeap: CONTIGUOUS_HEAP,
    systemHeap: SYSTEM_HEAP,
    camera: board.camera.path,
    multiplanarCamera: board.multiplanarCamera.path,
    card: board.display.path,
    renderCard: board.renderCard.path,
    fake: board,
    left: () => [...kernel.left(), ...kernel.violations],
  };
}

function realBench(): Bench {
  const kernel = loadKernel();
  return {
    kernel,
    contiguousHeap: CONTIGUOUS_HEAP,
    systemHeap: SYSTEM_HEAP,
    camera: findCamera(kernel, V4L2_CAP_VIDEO_CAPTURE),
    multiplanarCamera: findCamera(kernel, V4L2_CAP_VIDEO_CAPTURE_MPLANE),
    card: findCard(kernel, 'vkms'),
    renderCard: findCard(kernel, 'vgem'),
    fake: undefined,
    left: () => openFiles(kernel),
  };
}

function findCamera(kernel: Kernel, capability: number): string {
  const nodes = kernel.listDirectory('/sys/class/video4linux') ?? [];
  for (const path of nodes.filter((name) => /^video\d+$/.test(name)).map((name) => `/dev/${name}`)) {
    const fd = kernel.open(path, { access: 'read-write', nonblock: true });
    const { driver, deviceCaps } = kernel.v4l2QueryCap(fd);
    kernel.close(fd);
    if (driver === 'vivid' && (deviceCaps & capability) !== 0) return path;
  }
  throw new Error(
    'no such vivid camera: boot with vivid.n_devs=2 vivid.multiplanar=1,2 vivid.allocators=1,1',
  );
}

function findCard(kernel: Kernel, driver: string): string {
  const names = (kernel.listDirectory('/dev/dri') ?? []).filter((name) => name.startsWith('card'));
  for (const path of names.map((name) => `/dev/dri/${name}`)) {
    const fd = kernel.open(path, { access: 'read-write' });
    const { name } = kernel.drmVersion(fd);
    kernel.close(fd);
    if (name === driver) return path;
  }
  throw new Error(`no ${driver} card among ${names.join(', ')}`);
}

function openFiles(kernel: Kernel): string[] {
  return (kernel.listDirectory('/proc/self/fd') ?? [])
    .map((fd) => [fd, kernel.linkName(`/proc/self/fd/${fd}`) ?? ''] as const)
    .filter(([, name]) => /^(dmabuf|video\d|card\d|anon_inode:sync_file)/.test(name))
    .map(([fd, name]) => `fd ${fd} ${name}`);
}

/** The fake kernel everywhere, the real one where there is one: on the board. */
const [kernelName, makeBench] = process.env.DMAFLOW_BOARD === '1' ? ['real', realBench] : ['fake', fakeBench];

/** One test's use of a kernel: what it opened is closed after it, and nothing may be left then. */
export class Session {
  readonly kernel: Kernel;
  readonly #undo: (() => void)[] = [];

  constructor(readonly bench: Bench) {
    this.kernel = bench.kernel;
  }

  open(path: string, options: OpenOptions = { access: 'read-write', nonblock: true }): number {
    return this.own(this.kernel.open(path, options));
  }

  /** Closes an fd at the end, unless the test has closed it. */
  own(fd: number): number {
    this.atEnd(() => {
      try {
        this.kernel.close(fd);
      } catch (error) {
        if (!isKernelError(error, 'EBADF')) throw error;
      }
    });
    return fd;
  }

  alloc(heap: string, length: number): number {
    const heapFd = this.kernel.open(heap, { access: 'read' });
    try {
      return this.own(this.kernel.heapAlloc(heapFd, length));
    } finally {
      this.kernel.close(heapFd);
    }
  }

  atEnd(undo: () => void): void {
    this.#undo.push(undo);
  }

  end(): void {
    const errors: unknown[] = [];
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Runs `tests` over the kernel that is here; each test gets a session of its own. */
export function overKernel(tests: (session: () => Session) => void): void {
  describe(`${kernelName} kernel`, () => {
    let session: Session;
    beforeEach(() => {
      session = new Session(makeBench());
    });
    afterEach(async () => {
      session.end();
      // libuv closes the handle of a wait, and its fd, in the turn after.
      await new Promise((resolve) => setImmediate(resolve));
      expect(session.bench.left()).toEqual([]);
    });
    tests(() => session);
  });
}

/**
 * Runs `tests` over every kernel that can be loaded, the addon on the host too: for what needs no device.
 */
export function overLoops(tests: (kernel: () => Kernel, name: string) => void): void {
  const kernels: [string, () => Kernel][] = [['real', loadKernel]];
  if (kernelName === 'fake') kernels.push(['fake', () => fakeBench().kernel]);
  describe.each(kernels)('%s kernel, no devices', (name, load) => {
    let kernel: Kernel;
    beforeEach(() => {
      kernel = load();
    });
    tests(() => kernel, name);
  });
}

/** `KernelError` of this request and code; `path` where given. */
export function refusal(syscall: string, code: string, path?: string | RegExp): object {
  const where =
    path === undefined ? {} : { path: typeof path === 'string' ? path : expect.stringMatching(path) };
  return expect.objectContaining({ name: 'KernelError', syscall, code, ...where });
}

/** What a call throws; fails the test where it does not. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected the call to throw');
}

/** Polls until there is something, at most `timeoutMs`. */
export async function until<T>(what: () => T | undefined, timeoutMs = 4000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = what();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`nothing came within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
