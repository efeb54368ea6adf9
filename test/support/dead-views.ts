/**
 * Everything that can be made of the bytes of a CPU access, looked at when the access has ended: what is not empty then is said.
 * Over the real kernel, on a machine without dma-bufs on pages that are none. As a program it prints that; `copies` has the
 * runtime refuse external buffers.
 */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  type CpuAccess,
  type DmaBuf,
  DmaHeapAllocator,
  InvalidStateError,
  KernelError,
  loadKernel,
  memoryRequirement,
} from 'dmaflow';

const LENGTH = 1 << 20;
const EMPTY_HASH = createHash('md5').update('').digest('hex');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export async function deadViews({ copies }: { copies: boolean }): Promise<string[]> {
  const kernel = loadKernel();
  const addon = kernel as typeof kernel & { initialize(options: object): void };
  const initialize = (copyViews: boolean) =>
    addon.initialize({ KernelError, InvalidStateError, TypeError, RangeError, copyViews });
  initialize(copies);
  using allocator = new DmaHeapAllocator(kernel);
  const requirement = memoryRequirement({ cpu: 'read-write', device: false });
  const { buffer } = allocator.allocateSync({ name: 'dmaflow:views', length: LENGTH, requirement });
  try {
    return [...(await ofClosed(buffer)), ...(await ofCollected(buffer))];
  } finally {
    buffer.close();
    initialize(false);
  }
}

async function ofClosed(buffer: DmaBuf): Promise<string[]> {
  const access = buffer.cpuAccess('read-write');
  access.bytes.fill(0x5a);
  const views = viewsOf(access);
  access.close();
  const wrong = notEmpty('after close', access, views);
  await collect();
  wrong.push(...notEmpty('after a garbage collection', access, views));
  // The next access has the bytes, and what is left of the last one does not come to life.
  using next = buffer.cpuAccess('read');
  if (!next.bytes.every((byte) => byte === 0x5a)) wrong.push('the bytes are not in the buffer');
  wrong.push(...notEmpty('while another access is open', access, views));
  return wrong;
}

/** An access that nobody closed: the garbage collector ends it, though a view of its bytes is still held. */
async function ofCollected(buffer: DmaBuf): Promise<string[]> {
  const row = (() => buffer.cpuAccess('read').bytes.subarray(0, 64))();
  if (row[0] !== 0x5a) return ['an open access shows no bytes'];
  // Finalizers run in turns of their own.
  for (let round = 0; round < 50 && row.length > 0; round++) {
    await collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return row.length === 0 ? [] : ['a view outlives the access that was collected'];
}

function viewsOf({ bytes }: CpuAccess) {
  const { buffer } = bytes;
  return {
    bytes,
    subarray: bytes.subarray(8, 4096),
    array: new Uint32Array(buffer, 4096, 64),
    buffer: Buffer.from(buffer, 16, 256),
    slice: Buffer.from(buffer).subarray(32),
    data: new DataView(buffer, 64, 64),
  };
}

function notEmpty(when: string, access: CpuAccess, views: ReturnType<typeof viewsOf>): string[] {
  const { data, ...arrays } = views;
  const wrong: string[] = [];
  const throws = (what: string, use: () => unknown) => {
    try {
      use();
      wrong.push(`${what} does not throw ${when}`);
    } catch {}
  };
  for (const [name, view] of Object.entries(arrays)) {
    if (view.length !== 0 || view.byteLength !== 0 || view[0] !== undefined)
      wrong.push(`${name} is not empty ${when}`);
    if (createHash('md5').update(view).digest('hex') !== EMPTY_HASH)
      wrong.push(`native code reads ${name} ${when}`);
  }
  if (arrays.bytes.buffer.byteLength !== 0) wrong.push(`the ArrayBuffer is not empty ${when}`);
  for (const [name, view] of Object.entries(arrays)) throws(`${name}.fill`, () => view.fill(0));
  throws('DataView.getUint8', () => data.getUint8(0));
  throws('DataView.setUint8', () => data.setUint8(0, 1));
  throws('a new view', () => new Uint8Array(arrays.bytes.buffer));
  throws('CpuAccess.bytes', () => access.bytes);
  return wrong;
}

async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Both kinds of views, in the main thread of a program of its own and in a worker thread of it, as a line of JSON. */
async function report(): Promise<void> {
  const found: Record<string, string[]> = {};
  for (const copies of [false, true]) {
    const kind = copies ? 'copies' : 'external';
    found[`${kind}, main thread`] = await deadViews({ copies });
    found[`${kind}, worker thread`] = await inWorker({ copies });
  }
  console.log(JSON.stringify(found));
}

async function inWorker(options: { copies: boolean }): Promise<string[]> {
  const worker = new Worker(__filename, { workerData: options });
  const wrong = await new Promise<string[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return wrong;
}

if (!isMainThread) {
  void deadViews(workerData).then((wrong) => parentPort?.postMessage(wrong));
} else if (require.main === module) {
  void report();
}
