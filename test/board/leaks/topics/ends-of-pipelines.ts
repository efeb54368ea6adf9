/** A pipeline in this process ends in the middle: by an error of its user, by a signal, or while a stage is at work. */
import { cpuStage, type Frame, kmsSink, Pipeline, StageError } from 'dmaflow';
import { allDmaBufs, openFiles } from '../../../support/board/dma-bufs';
import { expectNextRun, failureOf, smallCamera } from '../../../support/board/pipelines';
import { Program } from '../../../support/board/program';
import { until } from '../../../support/board/until';

export function endsOfPipelines(): void {
  it.each([
    ['throws', refuseFifth],
    ['rejects', async (context: { frame: Frame }) => refuseFifth(context)],
  ])('a stage that %s is named, with what it threw', async (_, stage) => {
    const box = cpuStage({ access: 'read-write', name: 'box' }, stage);
    const error = await failureOf(new Pipeline(smallCamera(), box, kmsSink()));
    expect(error).toBeInstanceOf(StageError);
    expect(error.message).toBe("stage 'box' threw: no fifth frame, please");
    await expectNextRun();
  });

  it('an AbortSignal stops it', async () => {
    const controller = new AbortController();
    await using pipeline = new Pipeline(smallCamera(), kmsSink());
    await pipeline.start({ signal: controller.signal });
    await until('frames', () => pipeline.stats().shown >= 3);
    controller.abort();
    expect((await pipeline.finished).shown).toBeGreaterThanOrEqual(3);
    expect(pipeline.state).toBe('stopped');
    await expectNextRun();
  });

  it('stop() while it starts, and again', async () => {
    await using pipeline = new Pipeline(smallCamera(), kmsSink());
    const started = pipeline.start();
    await Promise.all([pipeline.stop(), pipeline.stop()]);
    await started;
    expect(pipeline.state).toBe('stopped');
    await expectNextRun();
  });

  it('stop() does not wait for a stage that never ends; its frame stays readable until it does', async () => {
    let end: (() => void) | undefined;
    let atWork: Frame | undefined;
    const stuck = cpuStage({ access: 'read', name: 'stuck' }, ({ frame }) => {
      atWork = frame;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await using pipeline = new Pipeline(smallCamera(), stuck, kmsSink());
    await pipeline.start();
    await until('a frame in the stage', () => end);
    await pipeline.stop();
    expect(pipeline.state).toBe('stopped');

    expect(allDmaBufs()).toHaveLength(1);
    await expectNextRun();
    {
      using px = atWork?.cpuAccess('read');
      expect(px?.planes[0]?.data.some((byte) => byte !== 0)).toBe(true);
    }
    end?.();
    await until('the frame to be given back', () => allDmaBufs().length === 0, 5);
  });

  it('a program that it starts meanwhile inherits nothing', async () => {
    await using pipeline = new Pipeline(smallCamera(), kmsSink());
    await pipeline.start();
    await using child = new Program('sleep', ['1000']);
    await until('frames', () => pipeline.stats().shown >= 3);
    expect(openFiles(process.pid).some(({ target }) => target.startsWith('/dmabuf:'))).toBe(true);
    // While it starts it reads files of its own.
    await until('the program has started', () =>
      openFiles(child.pid).every(({ target }) => !/^\/(etc|lib|usr)\//.test(target)),
    );
    expect(openFiles(child.pid).map(({ target }) => target.replace(/\[.*/, ''))).toEqual([
      'socket:',
      'socket:',
      'socket:',
    ]);
    await pipeline.stop();
  });

  it('a frame that is kept outlives the pipeline, and keeps no more than its own buffer', async () => {
    await using pipeline = new Pipeline(smallCamera(), kmsSink());
    let frame: Frame | undefined;
    const subscription = pipeline.frames('camera').subscribe((each) => {
      frame ??= each.clone();
    });
    await pipeline.start();
    await until('a frame', () => frame);
    subscription.unsubscribe();
    await pipeline.stop();
    expect(allDmaBufs().map(({ devices }) => devices)).toEqual([[]]);
    await expectNextRun();
    frame?.close();
  });
}

function refuseFifth({ frame }: { frame: Frame }): void {
  using _px = frame.cpuAccess();
  if (frame.sequence >= 4) throw new Error('no fifth frame, please');
}
