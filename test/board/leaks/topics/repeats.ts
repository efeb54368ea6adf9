/** Starting and stopping again and again in one process. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpuStage, kmsSink, Pipeline } from 'dmaflow';
import { openFiles } from '../../../support/board/dma-bufs';
import { expectNothingLeft } from '../../../support/board/left-behind';
import { smallCamera } from '../../../support/board/pipelines';

/** Until here caches, pools of threads and the heap of V8 find their size. */
const WARM_UP = 15;
const CYCLES = 50;
const MIB = 2 ** 20;

export function repeats(): void {
  it(`${CYCLES} times: file descriptors and memory stay as they were`, async () => {
    let warm = usage();
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const look = cpuStage({ access: 'read' }, ({ frame }) => void frame.cpuAccess().close());
      await using pipeline = new Pipeline(smallCamera({ fps: 120, frames: 3 }), look, kmsSink());
      const { captured } = await pipeline.run();
      expect(captured).toBe(3);
      await expectNothingLeft();
      if (cycle === WARM_UP) warm = usage();
    }
    const end = usage();
    expect(end.files).toEqual(warm.files);
    expect(end.memory - warm.memory).toBeLessThan(3 * MIB);
  });
}

function usage(): { files: string[]; memory: number } {
  collectGarbage();
  const files = openFiles(process.pid).map(({ target }) => target.replace(/\d+/g, 'N'));
  return { files: files.sort(), memory: process.memoryUsage().rss };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
}
