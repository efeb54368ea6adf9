import { constants } from 'node:os';
import { FakeKernel, patternColor, screenColor } from 'dmaflow/testing';
import type { LoopError } from '../../../src/native/frame-loop';
import { Session } from '../../contract/bench';
import { LoopBench } from '../../contract/loop-bench';
import type { TapFrame } from '../../contract/tap-frame';

/** A loop from camera to display where every frame and every flip is made by hand. */
async function setUp(options: ConstructorParameters<typeof LoopBench>[1] = {}) {
  const board = FakeKernel.board();
  const { kernel, camera, display } = board;
  camera.frames = 'manual';
  display.flips = 'manual';
  const session = new Session({
    kernel,
    contiguousHeap: '/dev/dma_heap/default_cma_region',
    systemHeap: '/dev/dma_heap/system',
    camera: camera.path,
    multiplanarCamera: board.multiplanarCamera.path,
    card: display.path,
    renderCard: board.renderCard.path,
    fake: board,
    left: () => kernel.left(),
  });
  const bench = new LoopBench(session, options);
  const end = async () => {
    display.flip();
    await bench.loop.stop();
    session.end();
    kernel.assertNothingLeft();
  };
  return { ...board, bench, end };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the fake frame loop', () => {
  it('shows the newest frame when the display is slower than the camera', async () => {
    const { kernel, camera, display, bench, end } = await setUp();
    await bench.loop.start();
    for (let frame = 0; frame < 3; frame++) camera.produce();
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 1, shown: 0, dropped: 1 });
    display.flip();
    display.flip();
    const screen = display.screen();
    if (!screen) throw new Error('off');
    expect(screenColor(screen, 1, 1)).toEqual(patternColor(1, 1, 640, 480, 2));
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 2, shown: 2, dropped: 1 });
    expect(bench.loop.stats().captures[0]).toMatchObject({ captured: 3, queued: 3 });
    expect(kernel.requests('VIDIOC_DQBUF').every(({ by }) => by === 'frame-loop')).toBe(true);
    expect(kernel.requests('DMA_BUF_IOCTL_SYNC')).toEqual([]);
    await end();
  });

  it('keeps the frame on screen from the camera until the next flip', async () => {
    const { camera, display, bench, end } = await setUp({ buffers: 3 });
    await bench.loop.start();
    camera.produce();
    display.flip();
    for (let frame = 0; frame < 4; frame++) camera.produce();
    expect(bench.loop.stats().captures[0]?.queued).toBe(0);
    display.flip();
    expect(bench.loop.stats().captures[0]?.queued).toBe(1);
    await end();
  });

  it('counts lost and errored frames', async () => {
    const { camera, bench, end } = await setUp({ display: 'none' });
    await bench.loop.start();
    camera.produce();
    camera.loseFrames(3);
    camera.produce({ error: true });
    camera.produce();
    expect(bench.loop.stats().captures[0]).toEqual({
      captured: 2,
      lost: 3,
      errored: 1,
      copied: 0,
      copiedBytes: 0,
      queued: 4,
      buffers: 4,
    });
    await end();
  });

  it('reports a camera that is gone, once', async () => {
    const { kernel, camera, bench, end } = await setUp();
    await bench.loop.start();
    camera.produce();
    kernel.removeCamera(camera);
    await settle();
    const error: LoopError = {
      source: 'capture',
      id: 0,
      errno: constants.errno.ENODEV,
      syscall: 'VIDIOC_DQBUF',
    };
    expect(bench.errors).toEqual([error]);
    await end();
    expect(bench.errors).toHaveLength(1);
  });

  it('reports a display that was taken away, and the camera goes on', async () => {
    const { camera, display, bench, end } = await setUp();
    await bench.loop.start();
    camera.produce();
    display.flip();
    display.anotherMaster();
    for (let frame = 0; frame < 6; frame++) camera.produce();
    await settle();
    expect(bench.errors).toMatchObject([{ source: 'display', errno: constants.errno.EACCES }]);
    expect(bench.loop.stats().captures[0]?.captured).toBe(7);
    display.releaseMaster();
    await end();
  });

  it('reports a failing requeue', async () => {
    const { kernel, camera, bench, end } = await setUp({ display: 'none' });
    await bench.loop.start();
    kernel.fail('VIDIOC_QBUF', 'EIO');
    camera.produce();
    await settle();
    expect(bench.errors).toMatchObject([
      { source: 'capture', errno: constants.errno.EIO, syscall: 'VIDIOC_QBUF' },
    ]);
    await end();
  });

  it('tries again where the display is busy with someone else’s commit', async () => {
    const { kernel, camera, display, bench, end } = await setUp();
    await bench.loop.start();
    kernel.fail('DRM_IOCTL_MODE_ATOMIC', 'EBUSY', { times: 3 });
    camera.produce();
    const commits = () => kernel.requests('DRM_IOCTL_MODE_ATOMIC');
    while (commits().length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(commits().map(({ error }) => error)).toEqual(['EBUSY', 'EBUSY', 'EBUSY', undefined]);
    display.flip();
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 1, shown: 1 });
    await end();
  });

  it('shows a frame although what was asked for along with it is refused', async () => {
    const { camera, display, bench, end } = await setUp();
    await bench.loop.start();
    camera.produce();
    display.flip();
    const refused = bench.loop.commitOnce(bench.screen, [{ objectId: 9999, propertyId: 9999, value: 0 }]);
    camera.produce();
    await expect(refused).rejects.toMatchObject({ code: 'ENOENT' });
    display.flip();
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 2, shown: 2, dropped: 0 });
    await end();
  });

  it('waits for a pending flip when it stops', async () => {
    const { camera, display, bench, end } = await setUp();
    await bench.loop.start();
    camera.produce();
    let stopped = false;
    const stop = bench.loop.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    display.flip();
    await stop;
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 1, shown: 1 });
    await end();
  });

  it('waits for a flip a second at most', async () => {
    const { camera, bench, end } = await setUp();
    await bench.loop.start();
    camera.produce();
    const before = performance.now();
    await bench.loop.stop();
    expect(performance.now() - before).toBeGreaterThan(900);
    expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 1, shown: 0 });
    await end();
  });

  it('calls its listener on a turn of its own', async () => {
    const { camera, bench, end } = await setUp({ display: 'none' });
    bench.addTap({ max: 1, policy: 'latest' });
    await bench.loop.start();
    camera.produce();
    expect(bench.frames).toEqual([]);
    expect(() => bench.loop.release(0, bench.capture, 0)).toThrow('never delivered');
    await settle();
    expect(bench.frames).toHaveLength(1);
    bench.release(bench.frames[0] as TapFrame);
    await end();
  });

  it('withdraws what was not delivered when a tap goes', async () => {
    const { camera, bench, end } = await setUp({ display: 'none' });
    const tap = bench.addTap({ max: 2, policy: 'every' });
    await bench.loop.start();
    camera.produce();
    bench.loop.removeTap(tap);
    await settle();
    expect(bench.frames).toEqual([]);
    expect(bench.loop.stats()).toMatchObject({
      captures: [{ queued: 4 }],
      taps: [{ delivered: 0, skipped: 1, notDue: 0 }],
    });
    await end();
  });

  it('writes no buffer that is on screen or held, whatever the order', async () => {
    const { kernel, camera, display, bench, end } = await setUp({ buffers: 6, reserve: 3 });
    bench.addTap({ max: 2, policy: 'every' });
    await bench.loop.start();
    const held: TapFrame[] = [];
    for (let step = 0; step < 200; step++) {
      camera.produce();
      if (step % 3 === 0) display.flip();
      await settle();
      held.push(...bench.frames.splice(0));
      if (step % 5 === 0) for (const frame of held.splice(0)) bench.release(frame);
    }
    for (const frame of held) bench.release(frame);
    expect(kernel.violations).toEqual([]);
    const { captured, lost } = bench.loop.stats().captures[0] ?? { captured: 0, lost: 0 };
    expect(captured + lost).toBe(200);
    await end();
  });
});
