/** Functions in worker threads: they get the camera's own memory, and leave nothing behind however they end. */
import { join } from 'node:path';
import { kmsSink, Pipeline, StageError, v4l2Source, workerStage } from 'dmaflow';
import { singlePlanarCamera } from '../../../support/board/devices';
import { allDmaBufs, openFiles } from '../../../support/board/dma-bufs';
import { failureOf, smallCamera } from '../../../support/board/pipelines';
import { figuresOf, sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';

const COMMON_JS = join(__dirname, '../programs/paint.js');
const ES_MODULE = join(__dirname, '../programs/paint.mjs');
const WIDTH = 320;
const HEIGHT = 240;

export function workerStages(): void {
  const options = { access: 'read-write', policy: 'every', max: 4, formats: ['XRGB8888'] } as const;

  it.each([
    ['one thread, CommonJS', COMMON_JS, { ...options, workers: 1 }],
    ['two threads, an ES module', ES_MODULE, { ...options, workers: 2, export: 'paint' }],
  ])('what they write is on the screen, and frames go on in order: %s', async (_, module, stage) => {
    const sequences: number[] = [];
    await using pipeline = new Pipeline(
      { atEnd: 'hold' },
      v4l2Source({ device: singlePlanarCamera(), width: WIDTH, height: HEIGHT, fps: 15, frames: 12 }),
      workerStage(module, stage),
      kmsSink({ card: 'vkms', writeback: true }),
    );
    pipeline.frames('worker', { policy: 'every', max: 4 }).subscribe((frame) => {
      sequences.push(frame.sequence);
    });
    await pipeline.start();
    await pipeline.ended;
    const { data, stride, width, height } = await pipeline.screenshot();
    const left = (width - WIDTH) / 2;
    const top = (height - HEIGHT) / 2;
    const rowIsWhite = (y: number) => {
      const start = (top + y) * stride + left * 4;
      const row = data.subarray(start, start + WIDTH * 4);
      return row.every((byte, at) => at % 4 === 3 || byte === 0xff);
    };
    expect([0, 50, HEIGHT / 2 - 1].map(rowIsWhite)).toEqual([true, true, true]);
    expect(rowIsWhite(HEIGHT / 2 + 20)).toBe(false);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(sequences.length).toBeGreaterThanOrEqual(3);

    const stats = pipeline.stats();
    expect(stats.syncCalls).toBe(2 * sequences.length);
    // Open here, in the frame loop, and in each thread that has seen it; no more often, however often it came round.
    const buffers = allDmaBufs().filter(({ exporter }) => exporter === 'default_cma_region').length;
    const fds = openFiles(process.pid).filter(({ target }) => target.startsWith('/dmabuf:'));
    expect(fds.length).toBeGreaterThan(buffers);
    expect(fds.length).toBeLessThanOrEqual(buffers * (2 + stage.workers));
  });

  it('the sample runs', async () => {
    await using program = sample(
      ...(['camera-to-worker-to-display', '--driver', 'vivid', '--card', 'vkms'] as const),
      ...['--size', '320x240', '--fps', '15', '--frames', '10'],
    );
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout).toMatch(/camera -> negative: the same buffers, in 2 worker threads/);
    expect(figuresOf(program).shown).toBeGreaterThan(0);
  });

  it('a thread that exits stops the pipeline, by the name of the stage', async () => {
    const stage = workerStage(ES_MODULE, { ...options, name: 'fifth', export: 'exitAtFifth' });
    const error = await failureOf(new Pipeline(smallCamera(), stage, kmsSink({ card: 'vkms' })));
    expect(error).toBeInstanceOf(StageError);
    expect(error.message).toBe("stage 'fifth' lost its worker: it exited with code 7");
  });

  it('a thread in an endless loop, with an access open, is ended by the stop', async () => {
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const stage = workerStage(ES_MODULE, { ...options, name: 'endless', export: 'neverEnds' });
    await using pipeline = new Pipeline(smallCamera(), stage, kmsSink({ card: 'vkms' }));
    await pipeline.start();
    await until('frames', () => pipeline.stats().captured >= 8);
    await pipeline.stop();
    expect(pipeline.state).toBe('stopped');
    expect(warnings.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringContaining("stage 'endless' still works on a frame"),
    ]);
    warnings.mockRestore();
  });
}
