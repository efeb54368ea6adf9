/** Starting and stopping again and again in one process. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpuStage, kmsSink, Pipeline } from 'dmaflow';
import { openFiles } from '../../../support/board/dma-bufs';
import { expectNothingLeft } from '../../../support/board/left-behind';
import { smallCamera } from '../../../support/board/pipelines';

const HALF = 25;
const MIB = 2 ** 20;

export function repeats(): void {
  it(`${2 * HALF} times: file descriptors and memory stay as they were`, async () => {
    const first = await cycles(HALF);
    const second = await cycles(HALF);
    expect(second.files).toEqual(first.files);
    expect(second.native - first.native).toBeLessThan(2 * MIB);
    expect(second.javascript - first.javascript).toBeLessThan(MIB);
  });
}

interface Usage {
  /** What each open file is. */
  files: string[];
  /** Most resident bytes beside the heap of V8, which changes its size as it likes. */
  native: number;
  /** Bytes on the heap of V8 after a collection. */
  javascript: number;
}

async function cycles(count: number): Promise<Usage> {
  let native = 0;
  for (let cycle = 0; cycle < count; cycle++) {
    const look = cpuStage({ access: 'read' }, ({ frame }) => void frame.cpuAccess().close());
    await using pipeline = new Pipeline(smallCamera({ fps: 120, frames: 3 }), look, kmsSink());
    const { captured } = await pipeline.run();
    expect(captured).toBe(3);
    await expectNothingLeft();
    const { rss, heapTotal } = process.memoryUsage();
    native = Math.max(native, rss - heapTotal);
  }
  collectGarbage();
  const files = openFiles(process.pid).map(({ target }) => target.replace(/\d+/, 'N'));
  return { files: files.sort(), native, javascript: process.memoryUsage().heapUsed };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
}
