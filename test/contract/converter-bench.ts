/** A converter between two pools over memory without a device, set up for a test. */
import type { KernelError } from '../../src/errors';
import type {
  ConverterConfig,
  ConverterCounts,
  ConverterSide,
  NativeConverter,
} from '../../src/native/convert';
import type { FrameLoop } from '../../src/native/frame-loop';
import type { Kernel } from '../../src/native/kernel';
import { until } from './bench';
import { keepIn, type TapFrame } from './tap-frame';

export interface ConverterOptions extends Partial<Pick<ConverterConfig, 'rotate' | 'matrix' | 'fullRange'>> {
  /** Buffers on each side. */
  inputs?: number;
  outputs?: number;
  /** Instead of pages of a memfd. */
  allocate?: (length: number) => number;
}

type Pictures = Omit<ConverterSide, 'buffers'>;

export class ConverterBench {
  readonly loop: FrameLoop;
  readonly converter: NativeConverter;
  readonly frames: TapFrame[] = [];
  readonly errors: KernelError[] = [];
  readonly inputs: number[];
  readonly outputs: number[];
  readonly input: number;
  readonly output: number;
  readonly inputTap: number;
  ends = 0;
  readonly #kernel: Kernel;
  readonly #fds: number[];

  constructor(
    kernel: Kernel,
    readonly from: Pictures,
    readonly to: Pictures,
    options: ConverterOptions = {},
  ) {
    const { inputs = 2, outputs = 2 } = options;
    const allocate = options.allocate ?? ((length: number) => kernel.memfdCreate('picture', length));
    const buffers = ({ lengths }: Pictures, count: number) =>
      Array.from({ length: count }, () => allocate(Math.ceil((lengths[0] ?? 0) / 4096) * 4096));
    this.#kernel = kernel;
    this.inputs = buffers(from, inputs);
    this.outputs = buffers(to, outputs);
    this.#fds = options.allocate ? [] : [...this.inputs, ...this.outputs];
    this.converter = kernel.createConverter(
      {
        from: { ...from, buffers: this.inputs.map((fd) => [fd]) },
        to: { ...to, buffers: this.outputs.map((fd) => [fd]) },
        rotate: options.rotate ?? 0,
        matrix: options.matrix ?? 'bt601',
        fullRange: options.fullRange ?? false,
      },
      (error) => this.errors.push(error),
    );
    this.loop = kernel.createFrameLoop({
      onFrame: keepIn(this.frames),
      onError: () => {},
      onEnd: () => {
        this.ends += 1;
      },
    });
    this.input = this.loop.addPool({ buffers: inputs, reserve: 1 });
    this.output = this.loop.addPool({ buffers: outputs, reserve: 0 });
    this.inputTap = this.loop.addTap({
      capture: this.input,
      max: 1,
      policy: 'latest',
      drain: true,
      native: true,
    });
    this.loop.addTap({ capture: this.output, max: outputs, policy: 'every', drain: false });
  }

  async start(): Promise<void> {
    this.converter.start(this.loop.taker(this.inputTap), this.loop.filler(this.output));
    await this.loop.start();
  }

  /** Puts a frame in, when a buffer is free. */
  async put(sequence: number, fill: (bytes: Uint8Array) => number | undefined): Promise<void> {
    const index = await until(() => this.loop.acquire(this.input));
    const length = this.access(this.inputs[index] ?? -1, fill) ?? this.from.lengths[0] ?? 0;
    this.loop.submit(this.input, index, { sequence, timestamp: sequence * 1000, bytesUsed: [length] });
  }

  next(): Promise<TapFrame> {
    return until(() => this.frames.shift());
  }

  release({ tap, capture, index }: TapFrame): void {
    this.loop.release(tap, capture, index);
  }

  /** The bytes of a frame that came out, copied; its buffer is free again. */
  async take(): Promise<{ frame: TapFrame; bytes: Uint8Array }> {
    const frame = await this.next();
    const bytes = this.access(this.outputs[frame.index] ?? -1, (all) => Uint8Array.from(all));
    this.release(frame);
    return { frame, bytes };
  }

  counts(): ConverterCounts {
    return this.converter.counts();
  }

  access<R>(fd: number, use: (bytes: Uint8Array) => R): R {
    const mapping = this.#kernel.dmaBufMap(fd, this.#kernel.dmaBufSize(fd));
    try {
      return use(new Uint8Array(this.#kernel.dmaBufView(mapping)));
    } finally {
      this.#kernel.dmaBufDetach(mapping);
      this.#kernel.dmaBufUnmap(mapping);
    }
  }

  async close(): Promise<void> {
    await this.converter.stop();
    await this.loop.stop();
    for (const fd of this.#fds) this.#kernel.close(fd);
  }
}
