/** A stage in threads of its own: the function sees the frames' memory, the pipeline's thread never touches it. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CpuUse, sumOfUse } from '../allocators/cpu-use';
import { type CpuStageOptions, checkedCpuOptions } from './cpu-stage';
import type { Frame } from './frame';
import type { OpenTransform, TransformContext, TransformStage } from './stage';
import { WorkerThread } from './worker-thread';

export interface WorkerStageOptions extends CpuStageOptions {
  /** Threads, each with a copy of the module; 1 by default. With more, frames are worked on at once and go on in order. */
  workers?: number;
  /** Frames that the stage may hold at once, `workers` or more; `workers` by default. */
  max?: number;
  /** Name of the module's export; `default` by default. */
  export?: string;
}

const MOST_WORKERS = 32;

/**
 * `workerStage(new URL('./stage.js', import.meta.url), { access: 'read-write' })`, or with a path (of CommonJS:
 * `require.resolve('./stage')`). The module, of either kind, exports a function as `cpuStage` takes it. It runs in worker threads: what it
 * does blocks neither the event loop nor the camera. Frames cross as descriptors, never as bytes.
 *
 * The pipeline starts when every thread has loaded the module. A throw, an uncaught error or an exit of a thread stops it with a
 * `StageError` that names the stage. A stop waits two seconds for functions that are at work, then ends their threads.
 *
 * CPU accesses of one thread know nothing of those in another: do not read a frame in the pipeline's thread while a worker writes into it.
 */
export function workerStage(module: string | URL, options: WorkerStageOptions): TransformStage {
  const url = moduleUrl(module);
  const workers = options?.workers ?? 1;
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw new RangeError(
      `workerStage: workers must be a whole number from 1 to ${MOST_WORKERS}, got ${workers}`,
    );
  }
  const checked = checkedCpuOptions('workerStage', { ...options, max: options?.max ?? workers });
  if (checked.max < workers) {
    throw new RangeError(`workerStage: max must be at least the ${workers} workers, got ${checked.max}`);
  }
  const exportName = options.export ?? 'default';
  return {
    ...checked,
    role: 'transform',
    defaultName: 'worker',
    place: workers === 1 ? 'in a worker thread' : `in ${workers} worker threads`,
    concurrency: workers,
    open: (context) =>
      WorkerPool.start(workers, context, { module: url, exportName, access: checked.access }),
  };
}

type ModuleChoice = Pick<ConstructorParameters<typeof WorkerThread>[0], 'module' | 'exportName' | 'access'>;

/** The threads of one stage for one run. */
class WorkerPool implements OpenTransform {
  readonly #threads: readonly WorkerThread[];

  private constructor(threads: readonly WorkerThread[]) {
    this.#threads = threads;
  }

  /** Of all threads so far. */
  get use(): CpuUse {
    return sumOfUse(this.#threads.map(({ use }) => use));
  }

  /** Resolves when all are ready; rejects with all of them ended. */
  static async start(count: number, context: TransformContext, choice: ModuleChoice): Promise<WorkerPool> {
    const setup = { ...choice, stage: context.name, layout: context.layout };
    const threads = Array.from(
      { length: count },
      (_, index) => new WorkerThread(setup, index, context.onError),
    );
    const pool = new WorkerPool(threads);
    try {
      await Promise.all(threads.map(({ ready }) => ready));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  process(frame: Frame): Promise<void> {
    const thread = this.#threads.find(({ idle }) => idle);
    if (!thread)
      return Promise.reject(new RangeError(`more frames at once than ${this.#threads.length} threads`));
    return thread.process(frame);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** As `import()` takes it; a path is relative to the working directory. */
function moduleUrl(module: string | URL): string {
  const url =
    typeof module === 'string' && !module.startsWith('file:') ? pathToFileURL(resolve(module)) : module;
  if (!(url instanceof URL) && typeof url !== 'string') {
    throw new TypeError(`workerStage expects the path or the file: URL of a module, got ${typeof module}`);
  }
  const href = String(url);
  if (!href.startsWith('file:')) throw new TypeError(`workerStage expects a file: URL, got ${href}`);
  return href;
}
