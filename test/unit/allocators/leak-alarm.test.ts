import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { traceLeaks } from '../../../src/allocators/leak-alarm';
import type { FakeMemory } from '../../../src/testing/fake-memory';
import { fakeMachine, onePage } from './fake-machine';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let kernel: FakeMemory;
let warnings: { message: string; options: { type: string; code: string; detail: string } }[];

beforeEach(() => {
  kernel = fakeMachine();
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push({ message: String(message), options: options as (typeof warnings)[0]['options'] });
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  traceLeaks(false);
  expect(kernel.left()).toEqual([]);
});

/** Collects until `count` leaks are reported, or long enough to be sure that none will be. */
async function untilWarned(count: number): Promise<void> {
  for (let round = 0; round < 20 && warnings.length < count; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function leakBuffer(): void {
  const buffer = onePage(kernel, 'dmaflow:leaky:4');
  expect(buffer.closed).toBe(false);
}

it('gives back a buffer that nobody closed, and names it', async () => {
  leakBuffer();
  expect(kernel.heapUsed('system')).toBe(4096);
  await untilWarned(1);
  expect(kernel.heapUsed('system')).toBe(0);
  expect(warnings).toMatchObject([
    {
      message: "dma-buf 'dmaflow:leaky:4' (4096 bytes of system) was garbage-collected without close()",
      options: {
        type: 'DmaflowLeakWarning',
        code: 'DMAFLOW_LEAK',
        detail: expect.stringContaining('DMAFLOW_TRACE=1'),
      },
    },
  ]);
});

it('says where it was made, with DMAFLOW_TRACE=1', async () => {
  traceLeaks(true);
  leakBuffer();
  await untilWarned(1);
  expect(warnings[0]?.options.detail).toMatch(
    /^Made\n\s+at new DmaBuf[\s\S]*leakBuffer .*leak-alarm\.test\.ts/,
  );
});

it('leaves the other handles of the buffer alone', async () => {
  const buffer = onePage(kernel);
  (() => buffer.clone().fd)();
  await untilWarned(1);
  expect(warnings).toHaveLength(1);
  expect(buffer.fd).toBeGreaterThan(0);
  buffer.close();
});

it('knows what is open still, in whatever order the others of its turn were closed', async () => {
  (() => {
    const [first, , third] = [1, 2, 3].map((index) => onePage(kernel, `dmaflow:leaky:${index}`));
    first?.close();
    third?.close();
  })();
  await untilWarned(2);
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("'dmaflow:leaky:2'")]);
});

it('keeps watching what was just made when something older is closed', async () => {
  const older = onePage(kernel);
  await Promise.resolve();
  leakBuffer();
  older.close();
  await untilWarned(2);
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("'dmaflow:leaky:4'")]);
});

it('ends a CPU access that nobody closed', async () => {
  const buffer = onePage(kernel);
  (() => buffer.cpuAccess('write').bytes.fill(1))();
  expect(buffer.syncCount).toMatchObject({ starts: 1, ends: 0 });
  await untilWarned(1);
  expect(buffer.syncCount).toMatchObject({ starts: 1, ends: 1 });
  expect(warnings[0]?.message).toBe(
    "CPU access (write) to dma-buf 'dmaflow:test:0' was garbage-collected without close()",
  );
  buffer.close();
});

it('reports what could not be given back, and does not throw', async () => {
  const buffer = onePage(kernel);
  (() => buffer.cpuAccess('read').mode)();
  kernel.fail('DMA_BUF_IOCTL_SYNC', 'EIO');
  await untilWarned(1);
  expect(warnings[0]?.message).toMatch(/giving it back failed: DMA_BUF_IOCTL_SYNC.*EIO$/);
  buffer.close();
});

it('is silent about what was closed', async () => {
  (() => {
    const buffer = onePage(kernel);
    const clone = buffer.clone();
    clone.cpuAccess('read').close();
    clone.close();
    buffer.close();
  })();
  await untilWarned(1);
  expect(warnings).toEqual([]);
});
