/**
 * What runs in each thread of a worker stage: loads the function, and calls it for the frames that come. A frame's life here:
 *
 * 1. It comes as descriptors. Its dma-bufs are opened when the function first asks for their bytes, once for the thread's life.
 * 2. The function gets a `Frame`, closed when the function (or its promise) has ended.
 * 3. `done` tells so; with it, or when the last `clone()` closes, the frame is released to the thread it came from.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { accessHolder } from '../allocators/cpu-use';
import { DmaBuf, type DmaBufReference } from '../allocators/dma-buf';
import { loadKernel } from '../native/binding';
import type { CpuStageFunction } from './cpu-stage';
import { Frame } from './frame';
import { FrameLease } from './frame-lease';
import {
  type FrameMessage,
  type FromWorker,
  sendError,
  type ToWorker,
  type WorkerSetup,
} from './worker-protocol';

const setup = workerData as WorkerSetup;
const holder = accessHolder(setup.stage);
const buffers = new Map<number, DmaBuf>();
const leases = new Set<WorkerLease>();

async function main(): Promise<void> {
  let work: CpuStageFunction;
  try {
    work = functionOf(await import(setup.module));
  } catch (error) {
    post({ type: 'unusable', error: sendError(error) });
    return;
  }
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'frame') void handle(message, work);
    else close();
  });
  post({ type: 'ready' });
}

async function handle(message: FrameMessage, work: CpuStageFunction): Promise<void> {
  const { id, sequence, timestamp, bytesUsed } = message;
  const lease = new WorkerLease(message).retain();
  leases.add(lease);
  const frame = new Frame(lease, setup.layout, { sequence, timestamp, bytesUsed }, holder, setup.access);
  let failure: { error: unknown } | undefined;
  try {
    await work({ frame });
  } catch (error) {
    failure = { error };
  }
  try {
    frame.close();
  } catch (error) {
    failure ??= { error };
  }
  lease.drop();
  lease.working = false;
  const error = failure && sendError(failure.error);
  post({
    type: 'done',
    id,
    released: !leases.has(lease),
    fenced: lease.fenced,
    error,
    use: { ...holder.use },
  });
}

class WorkerLease extends FrameLease {
  /** `done` was not told yet, and will say whether the frame is released. */
  working = true;
  readonly #id: number;

  constructor({ id, buffers }: FrameMessage) {
    super(() => buffers.map(opened));
    this.#id = id;
  }

  protected override giveBack(): void {
    leases.delete(this);
    if (!this.working) post({ type: 'released', id: this.#id });
  }
}

/** The thread's own handle on a dma-buf: one fd and one mapping, however often its frame comes round. */
function opened(reference: DmaBufReference): DmaBuf {
  const known = buffers.get(reference.inode);
  if (known) return known;
  const buffer = DmaBuf.fromReference(loadKernel(), reference);
  buffers.set(reference.inode, buffer);
  return buffer;
}

/** `import()` of a CommonJS module that was compiled from an ES module has its exports below `default`. */
function functionOf(module: Record<string, unknown>): CpuStageFunction {
  const { exportName } = setup;
  const inner = module.default as Record<string, unknown> | undefined;
  for (const candidate of [module[exportName], inner?.[exportName]]) {
    if (typeof candidate === 'function') return candidate as CpuStageFunction;
  }
  const names = Object.keys(module).map((name) => `'${name}'`);
  throw new TypeError(
    `${setup.module} has no function '${exportName}' to run on frames; it exports ${names.join(', ') || 'nothing'}`,
  );
}

/** No frame comes any more. What the function left running may go on until the stage ends the thread. */
function close(): void {
  for (const lease of leases) lease.outlivePool();
  for (const buffer of buffers.values()) buffer.close();
  parentPort?.close();
}

// Also when the function crashes the thread: the stage's own handles are no leak of the user's.
process.on('exit', () => {
  for (const buffer of buffers.values()) buffer.close();
});

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

void main();
