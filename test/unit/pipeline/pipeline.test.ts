import { map, take } from 'rxjs';
import {
  cpuStage,
  type Frame,
  kmsSink,
  Pipeline,
  type PipelineState,
  StageError,
  tee,
  v4l2Source,
} from '../../../src';
import { type FakeBoard, FakeKernel } from '../../../src/testing';

let board: FakeBoard;
let kernel: FakeKernel;
const SMALL = { width: 320, height: 180, fps: 30 };

beforeEach(() => {
  board = FakeKernel.board();
  kernel = board.kernel;
});
// Whatever a test does to a pipeline, nothing may be left.
afterEach(() => kernel.assertNothingLeft());

const syncs = () => kernel.log.filter((request) => request.syscall === 'DMA_BUF_IOCTL_SYNC');

describe('camera to display', () => {
  it('shows every frame and touches none', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 10 }), kmsSink());
    const states: PipelineState[] = [];
    pipeline.state$.subscribe((state) => states.push(state));
    const stats = await pipeline.run();
    expect(stats).toMatchObject({ captured: 10, shown: 10, lost: 0, dropped: 0, syncCalls: 0 });
    expect(syncs()).toEqual([]);
    expect(states).toEqual(['idle', 'starting', 'running', 'stopping', 'stopped']);
  });

  it('holds the last frame when asked to, until stop', async () => {
    const pipeline = new Pipeline({ kernel, atEnd: 'hold' }, v4l2Source({ ...SMALL, frames: 3 }), kmsSink());
    await pipeline.start();
    await pipeline.ended;
    expect(pipeline.state).toBe('ended');
    await pipeline.stop();
    expect((await pipeline.finished).shown).toBe(3);
  });

  it('runs again after it stopped', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 3 }), kmsSink());
    expect((await pipeline.run()).shown).toBe(3);
    expect((await pipeline.run()).shown).toBe(3);
  });

  it('explains itself before and after the start', async () => {
    await using pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
    const before = pipeline.explain();
    expect(before).toMatch(/format +XRGB8888 320x180, 30 fps, stride 1280/);
    expect(before).toMatch(/buffers +5 of 0.2 MiB = 1.1 MiB \(camera 2 \+ display 3\)/);
    expect(before).toMatch(/default_cma_region \(not allocated yet\): contiguous memory/);
    await pipeline.start();
    expect(pipeline.explain()).toMatch(/heap +default_cma_region: contiguous/);
    expect(pipeline.explain()).toMatch(
      /camera -> display: .*without JavaScript; no copy, no CPU access; on .*320x180/,
    );
  });

  it('goes on with fewer buffers where the driver grants no more', async () => {
    kernel.addCamera({ driver: 'small', maxBuffers: 4 });
    const stats = await new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, driver: 'small', frames: 10 }),
      kmsSink(),
    ).run();
    expect(stats).toMatchObject({ captured: 10, shown: 10 });
  });

  it('feeds two displays of a tee the same buffers', async () => {
    kernel.addCard({ driver: 'second' });
    const stats = await new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, frames: 5 }),
      tee(kmsSink({ card: 'vkms' }), kmsSink({ card: 'second' })),
    ).run();
    expect(stats.stages.filter((stage) => stage.role === 'sink').map((stage) => stage.frames)).toEqual([
      5, 5,
    ]);
  });
});

describe('a stage on the CPU', () => {
  it('works in place between one START and one END, and its pixels reach the screen', async () => {
    const seen: number[] = [];
    const pipeline = new Pipeline(
      { kernel, atEnd: 'hold' },
      v4l2Source({ ...SMALL, frames: 4 }),
      cpuStage({ access: 'read-write', max: 4, policy: 'every' }, ({ frame }) => {
        using px = frame.cpuAccess();
        px.planes[0]?.data.fill(0x7f);
        seen.push(frame.sequence);
      }),
      kmsSink({ writeback: true }),
    );
    await pipeline.start();
    await pipeline.ended;
    const { data, stride, width, height } = await pipeline.screenshot();
    await pipeline.stop();
    const stats = await pipeline.finished;
    expect(seen).toEqual([0, 1, 2, 3]);
    // READ|WRITE is 3, END is 4; the last pair reads the screenshot.
    expect(syncs().map((request) => request.args.flags)).toEqual([3, 7, 3, 7, 3, 7, 3, 7, 1, 5]);
    expect(stats.syncCalls).toBe(8);
    // The frame is centred in a larger mode.
    const pixel = (x: number, y: number) => [...data.subarray(y * stride + x * 4, y * stride + x * 4 + 3)];
    expect(pixel(width / 2, height / 2)).toEqual([0x7f, 0x7f, 0x7f]);
    expect(pixel(0, 0)).toEqual([0, 0, 0]);
  });

  it('stops the pipeline by the name of the stage that threw', async () => {
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source(SMALL),
      cpuStage({ access: 'read', name: 'detector' }, () => {
        throw new Error('no model');
      }),
      kmsSink(),
    );
    const reported: Error[] = [];
    pipeline.errors$.subscribe((error) => reported.push(error));
    await expect(pipeline.run()).rejects.toThrow("stage 'detector' threw: no model");
    expect(reported).toHaveLength(1);
    expect(reported[0]).toBeInstanceOf(StageError);
    expect(pipeline.state).toBe('failed');
  });

  it('takes a promise, and skips to the newest frame meanwhile', async () => {
    const seen: number[] = [];
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, frames: 12 }),
      cpuStage({ access: 'read' }, async ({ frame }) => {
        seen.push(frame.sequence);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }),
    );
    const stats = await pipeline.run();
    expect(stats).toMatchObject({ captured: 12, lost: 0 });
    expect(seen.length).toBeLessThan(12);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(stats.dropped).toBe(12 - seen.length);
  });

  it('refuses more access than was declared, and a frame that is over', async () => {
    let kept: Frame | undefined;
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, frames: 1 }),
      cpuStage({ access: 'read' }, ({ frame }) => {
        kept = frame;
        expect(() => frame.cpuAccess('write')).toThrow(/declared access 'read'/);
      }),
    );
    await pipeline.run();
    expect(() => kept?.cpuAccess()).toThrow(/Keep it with frame.clone/);
  });

  it('ends an access that the function left open', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, frames: 2 }),
      cpuStage({ access: 'read', name: 'careless' }, ({ frame }) => void frame.cpuAccess()),
    );
    await pipeline.run();
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining("stage 'careless' ended with its CPU access open"),
    ]);
    warn.mockRestore();
    expect(syncs()).toHaveLength(4);
  });
});

/** A JavaScript thread so busy that the news of the loop's start comes only when the camera has long been running. */
function hearLateOfStart(): void {
  const create = kernel.createFrameLoop.bind(kernel);
  jest.spyOn(kernel, 'createFrameLoop').mockImplementation((listener) => {
    const loop = create(listener);
    const start = loop.start.bind(loop);
    loop.start = async () => {
      await start();
      await new Promise((resolve) => setTimeout(resolve, 150));
    };
    return loop;
  });
}

describe('a JavaScript thread that is late at the start', () => {
  it('misses no frame that it subscribed to before', async () => {
    hearLateOfStart();
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 8 }), kmsSink());
    const seen: number[] = [];
    pipeline.frames('camera', { policy: 'every', max: 4 }).subscribe(({ sequence, timestamp }) => {
      seen.push(sequence);
      expect(pipeline.stats().captured).toBeGreaterThan(0);
      expect(timestamp).toBeGreaterThan(0);
    });
    expect((await pipeline.run()).captured).toBe(8);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('hears of the end that came meanwhile', async () => {
    hearLateOfStart();
    const states: PipelineState[] = [];
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 1 }), kmsSink());
    pipeline.state$.subscribe((state) => states.push(state));
    expect((await pipeline.run()).shown).toBe(1);
    expect(states).toEqual(['idle', 'starting', 'running', 'stopping', 'stopped']);
  });

  it('hears of the failure that came meanwhile', async () => {
    hearLateOfStart();
    kernel.fail('VIDIOC_DQBUF', 'ENODEV');
    const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
    await expect(pipeline.run()).rejects.toMatchObject({ code: 'ENODEV', syscall: 'VIDIOC_DQBUF' });
    expect(pipeline.state).toBe('failed');
  });
});

describe('frames()', () => {
  it('closes each frame after the subscriber, and completes at the end', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 5 }), kmsSink());
    const frames: Frame[] = [];
    const completed = new Promise<void>((resolve) => {
      pipeline
        .frames('camera', { policy: 'every', max: 5 })
        .subscribe({ next: (f) => frames.push(f), complete: resolve });
    });
    expect((await pipeline.run()).shown).toBe(5);
    await completed;
    expect(frames.map((frame) => [frame.sequence, frame.closed])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [n, true]),
    );
  });

  it('gives every buffer back when the subscriber throws in an operator', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 8 }), kmsSink());
    const failed = new Promise<Error>((resolve) => {
      pipeline
        .frames('camera')
        .pipe(
          map(() => {
            throw new Error('in the operator');
          }),
        )
        .subscribe({ error: resolve });
    });
    expect((await pipeline.run()).shown).toBe(8);
    expect((await failed).message).toBe('in the operator');
  });

  it('keeps a clone readable after the pipeline has stopped', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 3 }), kmsSink());
    let kept: Frame | undefined;
    pipeline
      .frames('camera')
      .pipe(take(1))
      .subscribe((frame) => {
        kept = frame.clone();
      });
    await pipeline.run();
    if (!kept) throw new Error('no frame came');
    using frame = kept;
    using px = frame.cpuAccess('read');
    expect(px.planes[0]?.data.length).toBe(320 * 180 * 4);
  });

  it('leaves the camera its buffers though a subscriber keeps all it gets', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source({ ...SMALL, frames: 20 }), kmsSink());
    const kept: Frame[] = [];
    pipeline.frames('camera', { max: 3 }).subscribe((frame) => kept.push(frame.clone()));
    const stats = await pipeline.run();
    for (const frame of kept) frame.close();
    expect(kept).toHaveLength(3);
    expect(stats).toMatchObject({ captured: 20, shown: 20, lost: 0 });
  });

  it('comes from behind a stage too, and knows the names', async () => {
    const pipeline = new Pipeline(
      { kernel },
      v4l2Source({ ...SMALL, frames: 3 }),
      cpuStage({ access: 'read', policy: 'every', max: 3 }, () => undefined),
      kmsSink(),
    );
    const seen: number[] = [];
    pipeline.frames('cpu').subscribe((frame) => seen.push(frame.sequence));
    expect(() => pipeline.frames('cam')).toThrow(/no such stage: 'cam'.*'camera', 'cpu', 'display'/);
    await pipeline.run();
    expect(seen).toEqual([0, 1, 2]);
  });
});

describe('when something goes wrong', () => {
  it('reports an unplugged camera once and gives everything back', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
    const reported: Error[] = [];
    pipeline.errors$.subscribe((error) => reported.push(error));
    await pipeline.start();
    setTimeout(() => board.camera.unplug(), 100);
    await expect(pipeline.finished).rejects.toMatchObject({ code: 'ENODEV' });
    expect(reported).toHaveLength(1);
    expect(reported[0]?.message).toMatch(/unplugged/);
  });

  it('says why a camera refuses scattered memory', async () => {
    const pipeline = new Pipeline(
      { kernel, heaps: { contiguous: 'system' } },
      v4l2Source(SMALL),
      cpuStage({ access: 'read' }, () => undefined),
    );
    await expect(pipeline.start()).rejects.toThrow(
      /VIDIOC_QBUF on \/dev\/video0: EFAULT.*`system` gives scattered pages/s,
    );
    expect(pipeline.state).toBe('failed');
  });

  it.each(['DMA_HEAP_IOCTL_ALLOC', 'VIDIOC_REQBUFS', 'VIDIOC_STREAMON', 'DRM_IOCTL_MODE_ADDFB2'])(
    'gives everything back when %s fails at the start',
    async (request) => {
      kernel.fail(request, 'ENOMEM', { after: request === 'DMA_HEAP_IOCTL_ALLOC' ? 2 : 0 });
      await expect(new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink()).start()).rejects.toThrow(/ENOMEM/);
    },
  );

  it('stops on an aborted signal, at once or later', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
    await expect(pipeline.start({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    const controller = new AbortController();
    await pipeline.start({ signal: controller.signal });
    controller.abort();
    await pipeline.finished;
    expect(pipeline.state).toBe('stopped');
  });

  it('can be stopped in any state, twice', async () => {
    const pipeline = new Pipeline({ kernel }, v4l2Source(SMALL), kmsSink());
    await pipeline.stop();
    const starting = pipeline.start();
    await pipeline.stop();
    await starting;
    await Promise.all([pipeline.stop(), pipeline.stop()]);
    expect(pipeline.state).toBe('stopped');
    await expect(pipeline.screenshot()).rejects.toThrow(/needs it running/);
  });
});
