import type { KernelError } from '../errors';
import type { ConverterConfig, NativeConverter } from '../native/convert';
import type { FrameLoop, FrameLoopListener } from '../native/frame-loop';
import type { Kernel } from '../native/kernel';
import { FakeConverter } from './fake-converter';
import { FakeFrameLoop, type LoopKernel } from './fake-frame-loop';
import { FakeKms } from './fake-kms';

export interface FakeKernelOptions {
  /** Bytes of a page; default 4096. */
  pageSize?: number;
}

/**
 * A kernel made of JavaScript, for tests of programs that use dmaflow: heaps, cameras and displays that follow the
 * rules of the real ones (one contract suite runs over both), with faults on request and an account of everything
 * that is open.
 *
 * ```ts
 * const { kernel, camera, display } = FakeKernel.board();
 * kernel.fail('VIDIOC_QBUF', 'EFAULT');
 * // … run the program with `kernel` …
 * kernel.assertNothingLeft();
 * ```
 *
 * Frames and flips come by timers, so jest's fake timers drive them; `frames: 'manual'` and `flips: 'manual'` leave
 * them to `camera.produce()` and `display.flip()`.
 */
export class FakeKernel extends FakeKms implements Kernel {
  constructor(options: FakeKernelOptions = {}) {
    super(options.pageSize ?? 4096);
  }

  /**
   * The emulated board: heaps `system`, `default_cma_region` and its alias `reserved` (128 MiB together), vivid
   * cameras that need contiguous memory, a vgem card without a display and a vkms card with one that shows the console.
   */
  static board(): FakeBoard {
    const kernel = new FakeKernel();
    kernel.addHeap('system', { contiguous: false });
    kernel.addHeap('default_cma_region', { contiguous: true, bytes: 128 * 1024 * 1024 });
    kernel.addHeap('reserved', { contiguous: true, aliasOf: 'default_cma_region' });
    kernel.addUdmabuf();
    const camera = kernel.addCamera();
    const multiplanarCamera = kernel.addCamera({
      multiplanar: true,
      busInfo: 'platform:vivid-001',
      formats: ['YUYV', 'NV12', 'NM12', 'NM16', 'XR24', 'RGBP'],
      dataOffsets: { NM16: [128, 0] },
      inputs: ['Webcam 001-0'],
    });
    const renderCard = kernel.addCard({ driver: 'vgem', description: 'Virtual GEM provider', displays: [] });
    const display = kernel.addCard({
      driver: 'vkms',
      description: 'Virtual Kernel Mode Setting',
      cursor: true,
      console: true,
    });
    return { kernel, camera, multiplanarCamera, renderCard, display };
  }

  createFrameLoop(listener: FrameLoopListener): FrameLoop {
    return new FakeFrameLoop(this.#forLoop(), listener);
  }

  createConverter(config: ConverterConfig, onError: (error: KernelError) => void): NativeConverter {
    return new FakeConverter(this, config, onError);
  }

  /**
   * Throws where anything is left: an open fd, a mapping, a view, a CPU access without its END, a dma-buf, a
   * framebuffer, a GEM handle, a blob, DRM master, a queue that streams; and where a violation happened.
   */
  assertNothingLeft(): void {
    const left = [...this.left(), ...this.violations.map((violation) => `violation: ${violation}`)];
    if (left.length > 0)
      throw new Error(`left in the fake kernel:\n${left.map((line) => `  ${line}`).join('\n')}`);
  }

  /** Scripted faults that no request has met. */
  pendingFaults(): string[] {
    return this.faults.pending();
  }

  /** Takes all scripted faults back. */
  clearFaults(): void {
    this.faults.clear();
  }

  /** What the end of the process does: every mapping goes, every fd is closed. */
  exit(): void {
    this.closeAll();
  }

  [Symbol.dispose](): void {
    this.exit();
  }

  #forLoop(): LoopKernel {
    const as = <R>(request: () => R): R => {
      const before = this.requestedBy;
      this.requestedBy = 'frame-loop';
      try {
        return request();
      } finally {
        this.requestedBy = before;
      }
    };
    return {
      v4l2QueueBuffer: (...args) => as(() => this.v4l2QueueBuffer(...args)),
      v4l2DequeueBuffer: (...args) => as(() => this.v4l2DequeueBuffer(...args)),
      v4l2StreamOn: (...args) => as(() => this.v4l2StreamOn(...args)),
      v4l2StreamOff: (...args) => as(() => this.v4l2StreamOff(...args)),
      kmsCommit: (...args) => as(() => this.kmsCommit(...args)),
      kmsReadEvents: (...args) => as(() => this.kmsReadEvents(...args)),
      syncFileWait: (...args) => as(() => this.syncFileWait(...args)),
      dup: (...args) => as(() => this.dup(...args)),
      close: (...args) => as(() => this.close(...args)),
      copyFrame: (...args) => as(() => this.copyFrame(...args)),
      watch: (...args) => this.watch(...args),
    };
  }
}

/** What `FakeKernel.board()` made. */
export interface FakeBoard {
  kernel: FakeKernel;
  /** /dev/video0: vivid's webcam, single-planar. */
  camera: ReturnType<FakeKernel['addCamera']>;
  /** /dev/video1: the same, multi-planar, with NV12M. */
  multiplanarCamera: ReturnType<FakeKernel['addCamera']>;
  /** /dev/dri/card0: vgem. */
  renderCard: ReturnType<FakeKernel['addCard']>;
  /** /dev/dri/card1: vkms with `Virtual-1` and `Writeback-1`. */
  display: ReturnType<FakeKernel['addCard']>;
}
