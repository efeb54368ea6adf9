/** A stage in the JavaScript thread that works on frames in place. */
import type { CpuAccessMode } from '../allocators/memory-requirement';
import type { PixelFormatName } from '../formats/pixel-formats';
import { intervalOf } from '../native/pace';
import type { Frame } from './frame';
import type { CreditPolicy, TransformStage } from './stage';

export interface CpuStageOptions {
  /** What the function does with the bytes. `write` alone does not show what was there before: to change pixels use `read-write`. */
  access: CpuAccessMode;
  /** Name in statistics, errors and `explain()`; `cpu` by default. */
  name?: string;
  /** When frames come faster than the function works: `latest` (default) skips to the newest, `every` keeps up to `max` in order. */
  policy?: CreditPolicy;
  /** Frames that the stage may hold at once, working and waiting in JavaScript; 1 by default. */
  max?: number;
  /**
   * Frames a second that the stage looks at, by the frames' own time; all by default. The others never come to JavaScript and are
   * not synced, and a stage behind this one does not get them.
   */
  fps?: number;
  /** Formats that the function understands; any by default. */
  formats?: readonly PixelFormatName[];
}

/** What the function gets. The frame closes when the function (or its promise) ends; `frame.clone()` outlives it. */
export type CpuStageFunction = (context: { frame: Frame }) => void | Promise<void>;

const ACCESS: readonly CpuAccessMode[] = ['read', 'write', 'read-write'];

/**
 * `cpuStage({ access: 'read-write' }, ({ frame }) => { using px = frame.cpuAccess(); … })`. One call at a time, in order of
 * the frames. A throw stops the pipeline with a `StageError` that names the stage.
 */
export function cpuStage(options: CpuStageOptions, process: CpuStageFunction): TransformStage {
  const checked = checkedCpuOptions('cpuStage', options);
  if (typeof process !== 'function')
    throw new TypeError(`cpuStage expects a function, got ${typeof process}`);
  return {
    ...checked,
    role: 'transform',
    defaultName: 'cpu',
    open: () => ({ process: (frame) => process({ frame }), close: () => undefined }),
  };
}

/** What stages that run a function on frames have in common, checked; `where` is the function that was called. */
export function checkedCpuOptions(where: string, options: CpuStageOptions) {
  const { access, name, formats } = options ?? {};
  if (!ACCESS.includes(access)) {
    throw new TypeError(`${where}: access must be one of ${ACCESS.join(', ')}, got ${String(access)}`);
  }
  const policy = options.policy ?? 'latest';
  if (policy !== 'latest' && policy !== 'every') {
    throw new TypeError(`${where}: policy must be 'latest' or 'every', got ${String(policy)}`);
  }
  return {
    access,
    name,
    formats,
    policy,
    max: checkedMax(where, options.max ?? 1),
    interval: intervalOf(where, options.fps),
  };
}

/** A count of frames that may be held: 1 to 32, as V4L2 queues have at most 32 buffers. */
export function checkedMax(where: string, max: number): number {
  if (!Number.isInteger(max) || max < 1 || max > 32) {
    throw new RangeError(`${where}: max must be a whole number from 1 to 32, got ${max}`);
  }
  return max;
}
