import { constants } from 'node:os';
import type { CaptureStats, DisplayStats } from '../../../src/native/frame-loop';
import { overKernel, refusal, thrownBy, until } from '../bench';
import { Capture } from '../capture';
import { LoopBench, type LoopOptions } from '../loop-bench';

const ATOMIC = 'DRM_IOCTL_MODE_ATOMIC';

overKernel((session) => {
  const benches: LoopBench[] = [];
  const makeBench = (options?: LoopOptions) => {
    const bench = new LoopBench(session(), options);
    benches.push(bench);
    return bench;
  };
  const stopAll = async () => {
    for (const { loop } of benches.splice(0)) await loop.stop();
  };

  describe('a link from camera to display', () => {
    afterEach(stopAll);

    it('shows frames up to the limit, says so, and keeps the account', async () => {
      const bench = makeBench({ frames: 12 });
      await bench.loop.start();
      await bench.ended();
      const { captures, displays } = bench.loop.stats();
      const capture = captures[0] as CaptureStats;
      const display = displays[0] as DisplayStats;
      expect(capture).toMatchObject({ captured: 12, errored: 0, buffers: 4 });
      expect(display.shown + display.dropped).toBe(12);
      expect(display.shown).toBeGreaterThan(3);
      expect(display.committed).toBe(display.shown);
      expect(display.lastFlip).toBeGreaterThan(0);
      const { min, mean, p50, p99, max } = display.latency;
      // A flip is stamped with its vblank, which may lie before the frame that just made it.
      expect(min).toBeGreaterThanOrEqual(0);
      expect(max).toBeGreaterThan(0);
      for (const [low, high] of [
        [min, mean],
        [min, p50],
        [p50, p99],
        [mean, max],
      ] as const) {
        expect(low).toBeLessThanOrEqual(high * 1.01);
      }
      expect(bench.errors).toEqual([]);
      expect(bench.frames).toEqual([]);
      const { fbId } = session().kernel.kmsPlane(bench.display?.fd ?? -1, bench.display?.plane ?? 0);
      expect(bench.framebuffers).toContain(fbId);
    });

    it('gives the camera its buffers back', async () => {
      const bench = makeBench({ buffers: 3 });
      await bench.loop.start();
      await bench.captured(10);
      const { captures, displays } = bench.loop.stats();
      expect(displays[0]?.shown).toBeGreaterThan(1);
      expect(captures[0]?.queued).toBeLessThanOrEqual(3);
      await bench.loop.stop();
      expect(bench.loop.stats().captures[0]?.queued).toBe(0);
    });

    it('stops once, and leaves the queue free', async () => {
      const { kernel } = session();
      const bench = makeBench();
      await bench.loop.start();
      await bench.captured(2);
      await Promise.all([bench.loop.stop(), bench.loop.stop()]);
      await bench.loop.stop();
      const before = bench.loop.stats();
      expect(thrownBy(() => bench.camera.dequeue())).toEqual(refusal('VIDIOC_DQBUF', 'EINVAL'));
      bench.camera.queue(0);
      bench.camera.stop();
      expect(kernel.v4l2RequestBuffers(bench.camera.fd, bench.camera.type, 4, 0).count).toBe(0);
      expect(bench.loop.stats()).toEqual(before);
      expect(bench.ends).toBe(0);
    });

    it('can be stopped before it starts', async () => {
      const bench = makeBench();
      await bench.loop.stop();
      await expect(async () => bench.loop.start()).rejects.toHaveProperty('name', 'InvalidStateError');
    });

    it('is set up before it starts', async () => {
      const { loop, capture, screen, framebuffers } = makeBench();
      expect(thrownBy(() => loop.connect(capture, screen, framebuffers.slice(1)))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => loop.connect(7, screen, framebuffers))).toBeInstanceOf(RangeError);
      await loop.start();
      expect(thrownBy(() => loop.connect(capture, screen, framebuffers))).toHaveProperty(
        'name',
        'InvalidStateError',
      );
      await expect(async () => loop.start()).rejects.toHaveProperty('name', 'InvalidStateError');
    });
  });

  describe('a failure', () => {
    afterEach(stopAll);

    it('of the first QBUF is that of start', async () => {
      const owner = new Capture(session());
      owner.allocate(2);
      const other = session().open(session().bench.camera);
      const loop = session().kernel.createFrameLoop({ onFrame() {}, onError() {}, onEnd() {} });
      const buffers = owner.buffers.map((planes) => ({ planes }));
      loop.addCapture({ fd: other, bufferType: owner.type, memory: 4, buffers, reserve: 0, frames: 0 });
      await expect(loop.start()).rejects.toEqual(refusal('VIDIOC_QBUF', 'EBUSY'));
      await loop.stop();
    });

    it('of a display is reported once, and the camera goes on', async () => {
      const bench = makeBench({ framebuffers: [9999, 9999, 9999, 9999] });
      await bench.loop.start();
      await until(() => bench.errors[0]);
      const before = bench.loop.stats().captures[0]?.captured ?? 0;
      await bench.captured(before + 5);
      expect(bench.errors).toEqual([
        { source: 'display', id: bench.screen, errno: constants.errno.EINVAL, syscall: ATOMIC },
      ]);
      expect(bench.loop.stats().displays[0]).toMatchObject({ committed: 0, shown: 0 });
    });
  });

  describe('a commit with more in it', () => {
    afterEach(stopAll);

    it('reads the screen through the writeback connector', async () => {
      const bench = makeBench({ frames: 3 });
      const { display } = bench;
      if (!display) throw new Error('no display');
      const copy = display.framebuffer();
      await bench.loop.start();
      await bench.ended();
      const shown = bench.loop.stats().displays[0]?.shown;
      const values = { CRTC_ID: display.crtc, WRITEBACK_FB_ID: copy.id };
      const propertyId = display.property(display.writeback, 'connector', 'WRITEBACK_OUT_FENCE_PTR');
      const properties = display.set(display.writeback, 'connector', values);
      await bench.loop.commitOnce(bench.screen, properties, { objectId: display.writeback, propertyId });
      const { fbId } = session().kernel.kmsPlane(display.fd, display.plane);
      const [plane] = bench.camera.buffers[bench.framebuffers.indexOf(fbId)] ?? [];
      const rows = [0, 1, 100, 479];
      expect(display.readRows(copy.fd, rows)).toEqual(display.readRows(plane?.fd ?? -1, rows));
      expect(bench.loop.stats().displays[0]?.shown).toBe(shown);
    });

    it('that the kernel refuses fails alone', async () => {
      const bench = makeBench();
      await bench.loop.start();
      await bench.captured(2);
      const bad = [{ objectId: 9999, propertyId: 9999, value: 0 }];
      await expect(bench.loop.commitOnce(bench.screen, bad)).rejects.toEqual(refusal(ATOMIC, 'ENOENT'));
      const { captured = 0 } = bench.loop.stats().captures[0] ?? {};
      await bench.captured(captured + 3);
      expect(bench.errors).toEqual([]);
    });

    it('is for a loop that runs', async () => {
      const bench = makeBench();
      const commit = async () => bench.loop.commitOnce(bench.screen, []);
      await expect(commit).rejects.toHaveProperty('name', 'InvalidStateError');
      await bench.loop.stop();
      await expect(commit).rejects.toHaveProperty('name', 'InvalidStateError');
    });
  });
});
