import { InvalidStateError, isKernelError, type KernelError } from '../errors';
import type {
  ConvertedFormat,
  ConverterConfig,
  ConverterCounts,
  ConverterSide,
  NativeConverter,
} from '../native/convert';
import type { NativeFiller, NativeTaker, PoolFrame } from '../native/frame-loop';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_START,
  DMA_BUF_SYNC_WRITE,
  type DmaBufKernel,
} from '../native/kernel';
import { type FakeFiller, type FakeTaker, fillerOf, takerOf } from './loop-ends';
import { fourcc, type PixelLayout, type PlaneBytes, pixelLayout, planeSize } from './pixels';

/** What the converter needs of the fake kernel. */
export interface ConverterKernel
  extends Pick<
    DmaBufKernel,
    'dmaBufMap' | 'dmaBufUnmap' | 'dmaBufView' | 'dmaBufDetach' | 'dmaBufSync' | 'dmaBufInode'
  > {
  dup(fd: number): number;
  close(fd: number): void;
}

/** The fake decodes no JPEG: such frames count as damaged. */
const FOURCCS: Readonly<Record<ConvertedFormat, string | undefined>> = {
  XRGB8888: 'XR24',
  RGB565: 'RG16',
  NV12: 'NV12',
  NV21: 'NV21',
  YUYV: 'YUYV',
  UYVY: 'UYVY',
  YUV420: 'YU12',
  MJPEG: undefined,
};

type Waiting = PoolFrame & { index: number };

/**
 * The converter over fake memory: pixel by pixel, nearest neighbour, BT.601 limited range whatever it is told. It has no thread: it works
 * on a turn of its own.
 */
export class FakeConverter implements NativeConverter {
  readonly #counts = { converted: 0, damaged: 0, bytesRead: 0, bytesWritten: 0, syncCalls: 0, syncTime: 0 };
  readonly #from: Side;
  readonly #to: Side;
  readonly #waiting: Waiting[] = [];
  #taker: FakeTaker | undefined;
  #filler: FakeFiller | undefined;
  #ended = false;
  #stopped = false;

  constructor(
    private readonly kernel: ConverterKernel,
    private readonly config: ConverterConfig,
    private readonly onError: (error: KernelError) => void,
  ) {
    this.#from = new Side(kernel, config.from);
    this.#to = new Side(kernel, config.to);
  }

  start(taker: NativeTaker, filler: NativeFiller): void {
    if (this.#taker || this.#stopped) {
      throw new InvalidStateError('the converter was started or stopped before: create a new one');
    }
    this.#taker = takerOf(taker);
    this.#filler = fillerOf(filler);
    this.#filler.setListener(() => this.#later());
    this.#taker.setReceiver({
      onFrame: (frame) => {
        this.#waiting.push(frame);
        this.#later();
      },
      onEnd: () => {
        this.#ended = true;
        this.#later();
      },
    });
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#taker?.setReceiver(undefined);
    this.#filler?.setListener(undefined);
    for (const { index } of this.#waiting.splice(0)) this.#taker?.giveBack(index);
    this.#from.close();
    this.#to.close();
  }

  counts(): ConverterCounts {
    return { ...this.#counts };
  }

  #later(): void {
    void Promise.resolve().then(() => this.#run());
  }

  #run(): void {
    for (let frame = this.#waiting[0]; frame && !this.#stopped; frame = this.#waiting[0]) {
      const target = this.#filler?.acquire();
      if (target === undefined || target === 'stopped') return;
      this.#waiting.shift();
      try {
        this.#convert(frame, target);
      } catch (error) {
        if (!isKernelError(error)) throw error;
        this.#filler?.cancel(target);
        this.onError(error);
      }
      this.#taker?.giveBack(frame.index);
    }
    if (!this.#ended || this.#stopped || this.#waiting.length > 0) return;
    this.#ended = false;
    this.#filler?.end();
  }

  #convert(frame: Waiting, target: number): void {
    const { sequence, timestamp } = frame;
    this.#sync(this.#from, frame.index, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
    this.#sync(this.#to, target, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
    const good = this.#from.view(frame.index, (read) =>
      this.#to.view(target, (written) => this.#copyPixels(read, written)),
    );
    this.#sync(this.#to, target, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
    this.#sync(this.#from, frame.index, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
    const { from, to } = this.config;
    this.#counts.bytesRead += from.format === 'MJPEG' ? (frame.bytesUsed[0] ?? 0) : sum(from.lengths);
    if (!good) {
      this.#counts.damaged += 1;
      this.#filler?.cancel(target);
      return;
    }
    this.#counts.converted += 1;
    this.#counts.bytesWritten += sum(to.lengths);
    this.#filler?.submit(target, { sequence, timestamp, bytesUsed: [...to.lengths] });
  }

  #sync(side: Side, index: number, flags: number): void {
    for (const fd of side.dmaBufs(index)) {
      for (;;) {
        this.#counts.syncCalls += 1;
        try {
          this.kernel.dmaBufSync(fd, flags);
          break;
        } catch (error) {
          // Of a memfd, which is no dma-buf: nothing is to be synced.
          if (isKernelError(error, 'ENOTTY')) {
            this.#counts.syncCalls -= 1;
            break;
          }
          if (!isKernelError(error, 'EINTR', 'EAGAIN')) throw error;
        }
      }
    }
  }

  #copyPixels(read: readonly PlaneBytes[], written: readonly PlaneBytes[]): boolean {
    const { from, to, rotate } = this.config;
    const source = this.#from.layout;
    const layout = this.#to.layout;
    if (!source || !layout) return false;
    const turned = rotate % 180 === 0 ? to : { width: to.height, height: to.width };
    for (let y = 0; y < to.height; y++) {
      for (let x = 0; x < to.width; x++) {
        // Back to where the pixel was before the rotation, then before the scaling.
        const [left, top] = unrotated(x, y, to, rotate);
        const color = source.get(
          read,
          Math.floor((left * from.width) / turned.width),
          Math.floor((top * from.height) / turned.height),
        );
        layout.put(written, x, y, color);
      }
    }
    return true;
  }
}

/** Buffers of one side, with fds and mappings of their own. */
class Side {
  readonly layout: PixelLayout | undefined;
  readonly #buffers: { fds: number[]; mappings: number[] }[];

  constructor(
    private readonly kernel: ConverterKernel,
    private readonly config: ConverterSide,
  ) {
    const name = FOURCCS[config.format];
    this.layout = name === undefined ? undefined : pixelLayout(fourcc(name));
    this.#requireInside();
    this.#buffers = config.buffers.map((planes) => {
      const fds = planes.map((fd) => kernel.dup(fd));
      return { fds, mappings: fds.map((fd, plane) => kernel.dmaBufMap(fd, config.lengths[plane] ?? 0)) };
    });
  }

  #requireInside(): void {
    const { planes, lengths, width, height } = this.config;
    for (const [index, { memory, offset, stride }] of planes.entries()) {
      const [row, rows] = this.layout ? planeSize(this.layout, index, width, height) : [0, 1];
      if (stride >= row && offset + stride * (rows - 1) + row <= (lengths[memory] ?? -1)) continue;
      throw new RangeError(`colour plane ${index} does not lie within its memory plane`);
    }
  }

  /** Calls `use` with the bytes of each colour plane. */
  view<R>(index: number, use: (planes: PlaneBytes[]) => R): R {
    const mappings = this.#buffers[index]?.mappings ?? [];
    const views = mappings.map((mapping) => new Uint8Array(this.kernel.dmaBufView(mapping)));
    try {
      return use(
        this.config.planes.map(({ memory, offset, stride }) => ({
          bytes: (views[memory] ?? new Uint8Array()).subarray(offset),
          stride,
        })),
      );
    } finally {
      for (const mapping of mappings) this.kernel.dmaBufDetach(mapping);
    }
  }

  /** One fd for each distinct dma-buf. */
  dmaBufs(index: number): number[] {
    const fds = this.#buffers[index]?.fds ?? [];
    return [...new Map(fds.map((fd) => [this.kernel.dmaBufInode(fd), fd])).values()];
  }

  close(): void {
    for (const { fds, mappings } of this.#buffers.splice(0)) {
      for (const mapping of mappings) this.kernel.dmaBufUnmap(mapping);
      for (const fd of fds) this.kernel.close(fd);
    }
  }
}

function unrotated(
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
  rotate: number,
): [number, number] {
  if (rotate === 90) return [y, width - 1 - x];
  if (rotate === 180) return [width - 1 - x, height - 1 - y];
  if (rotate === 270) return [height - 1 - y, x];
  return [x, y];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
