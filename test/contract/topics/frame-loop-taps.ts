import { overKernel, thrownBy, until } from '../bench';
import { LoopBench, type LoopOptions } from '../loop-bench';

overKernel((session) => {
  describe('a tap', () => {
    let bench: LoopBench;
    const start = async (
      options: LoopOptions,
      tap: { max: number; policy: 'latest' | 'every'; drain?: boolean; interval?: number },
    ) => {
      bench = new LoopBench(session(), options);
      const id = bench.addTap(tap);
      await bench.loop.start();
      return id;
    };
    const tapStats = () => bench.loop.stats().taps[0] ?? { delivered: 0, skipped: 0, notDue: 0 };
    const capturedNow = () => bench.loop.stats().captures[0]?.captured ?? 0;
    afterEach(() => bench.loop.stop());

    it('delivers what the camera said of the frame', async () => {
      const tap = await start({ display: 'none' }, { max: 1, policy: 'latest' });
      const frame = await bench.nextFrame();
      expect(frame).toMatchObject({ tap, capture: bench.capture, bytesUsed: [640 * 480 * 4] });
      expect(bench.camera.buffers[frame.index]).toBeDefined();
      expect(Number.isInteger(frame.timestamp)).toBe(true);
      bench.release(frame);
    });

    it('delivers no more than its credit, then the latest', async () => {
      await start({ display: 'none' }, { max: 1, policy: 'latest' });
      const first = await bench.nextFrame();
      await bench.captured(capturedNow() + 6);
      expect(bench.frames).toEqual([]);
      const { sequence } = first;
      bench.release(first);
      const second = await bench.nextFrame();
      expect(second.sequence).toBeGreaterThan(sequence + 2);
      expect(tapStats().delivered).toBe(2);
      expect(tapStats().skipped).toBeGreaterThan(2);
      bench.release(second);
    });

    it('delivers in order what waited, and skips what came on top', async () => {
      await start({ display: 'none', buffers: 6, reserve: 1 }, { max: 2, policy: 'every' });
      const held = [await bench.nextFrame(), await bench.nextFrame()];
      await bench.captured(8);
      expect(bench.frames).toEqual([]);
      // Two with JavaScript, two that wait, and all others with the camera.
      await until(() => bench.loop.stats().captures[0]?.queued === 2 || undefined);
      for (const frame of held) bench.release(frame);
      const waited = [await bench.nextFrame(), await bench.nextFrame()];
      const sequences = [...held, ...waited].map(({ timestamp }) => timestamp);
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
      expect(tapStats()).toMatchObject({ delivered: 4 });
      expect(tapStats().skipped).toBeGreaterThan(0);
      for (const frame of waited) bench.release(frame);
    });

    it('leaves the camera its reserve', async () => {
      await start({ display: 'none', buffers: 4, reserve: 3 }, { max: 4, policy: 'every' });
      const frame = await bench.nextFrame();
      await bench.captured(capturedNow() + 5);
      expect(bench.frames).toEqual([]);
      expect(tapStats().skipped).toBeGreaterThan(2);
      bench.release(frame);
      bench.release(await bench.nextFrame());
    });

    it('takes the frames that its interval asks for, and passes over the others', async () => {
      const interval = 150_000;
      await start({ display: 'none', frames: 24 }, { max: 1, policy: 'latest', drain: true, interval });
      const times: number[] = [];
      // The end does not wait for frames that are held.
      while (bench.ends === 0 || bench.frames.length > 0) {
        const frame = bench.frames.shift();
        if (frame) {
          times.push(frame.timestamp);
          bench.release(frame);
        } else await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const [first = 0] = times;
      // One in each piece of the grid that the first one began.
      const pieces = times.map((time) => Math.floor((time - first) / interval));
      expect(pieces).toEqual([...new Set(pieces)]);
      expect(pieces.length).toBeGreaterThan(2);
      const { delivered, skipped, notDue } = tapStats();
      expect(delivered).toBe(times.length);
      expect(delivered + skipped + notDue).toBe(24);
      expect(notDue).toBeGreaterThan(delivered);
    });

    it('takes a frame back with fences, and queues its buffer when they have signalled', async () => {
      const tap = await start({ display: 'none', reserve: 3 }, { max: 1, policy: 'latest' });
      const { kernel } = session();
      const [fd = -1] = bench.camera.buffers.flatMap((planes) => planes.map((plane) => plane.fd ?? -1));
      for (let round = 0; round < 6; round++) {
        const { capture, index } = await bench.nextFrame();
        const fence = kernel.dmaBufExportSyncFile(fd, 3);
        bench.loop.release(tap, capture, index, [fence, fence]);
        kernel.close(fence);
      }
      bench.loop.removeTap(tap);
      // More than there are buffers, so none is missing.
      const captured = () => bench.loop.stats().captures[0]?.captured ?? 0;
      const before = captured();
      await until(() => captured() >= before + 8 || undefined);
    });

    it('takes a frame back once', async () => {
      const tap = await start({ display: 'none', reserve: 3 }, { max: 1, policy: 'latest' });
      const frame = await bench.nextFrame();
      bench.loop.removeTap(tap);
      bench.release(frame);
      expect(thrownBy(() => bench.release(frame))).toHaveProperty('name', 'InvalidStateError');
      const other = (frame.index + 1) % 4;
      expect(thrownBy(() => bench.loop.release(tap, bench.capture, other))).toHaveProperty(
        'name',
        'InvalidStateError',
      );
      expect(thrownBy(() => bench.loop.release(7, bench.capture, 0))).toBeInstanceOf(RangeError);
    });

    it('comes and goes while the loop runs', async () => {
      const first = await start({ display: 'none' }, { max: 1, policy: 'latest' });
      const frame = await bench.nextFrame();
      bench.loop.removeTap(first);
      const second = bench.addTap({ max: 1, policy: 'every' });
      const next = await bench.nextFrame();
      expect(next.tap).toBe(second);
      expect(next.index).not.toBe(frame.index);
      bench.release(frame);
      bench.release(next);
      expect(bench.loop.stats().taps).toHaveLength(2);
    });

    it('keeps a held frame readable after the loop has stopped', async () => {
      const { kernel } = session();
      await start({ display: 'none' }, { max: 1, policy: 'latest' });
      const frame = await bench.nextFrame();
      await bench.loop.stop();
      const [plane] = bench.camera.buffers[frame.index] ?? [];
      const mapping = kernel.dmaBufMap(plane?.fd ?? -1, plane?.length ?? 0);
      expect(Buffer.from(kernel.dmaBufView(mapping)).some((byte) => byte !== 0)).toBe(true);
      kernel.dmaBufUnmap(mapping);
      bench.release(frame);
      expect(thrownBy(() => bench.release(frame))).toHaveProperty('name', 'InvalidStateError');
      expect(thrownBy(() => bench.addTap({ max: 1, policy: 'every' }))).toHaveProperty(
        'name',
        'InvalidStateError',
      );
    });

    it('does not hold the end back while JavaScript keeps frames', async () => {
      await start({ display: 'none', frames: 3, reserve: 0 }, { max: 3, policy: 'every' });
      const frames = [await bench.nextFrame(), await bench.nextFrame(), await bench.nextFrame()];
      await bench.ended();
      expect(capturedNow()).toBe(3);
      for (const frame of frames) bench.release(frame);
    });

    it('holds the end back while frames wait, where it drains', async () => {
      await start({ display: 'none', frames: 3, reserve: 0 }, { max: 1, policy: 'latest', drain: true });
      const first = await bench.nextFrame();
      await bench.captured(3);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(bench.ends).toBe(0);
      bench.release(first);
      const last = await bench.nextFrame();
      expect(last.sequence).toBeGreaterThan(first.sequence);
      await bench.ended();
      bench.release(last);
    });

    it('brings the end again when a frame is shown after it', async () => {
      const tap = await start({ display: 'present', frames: 1 }, { max: 1, policy: 'every' });
      const { index } = await bench.nextFrame();
      await bench.ended();
      bench.loop.present(tap, bench.capture, index, bench.screen, false);
      await until(() => bench.ends === 2 || undefined);
      expect(bench.loop.stats().displays[0]?.shown).toBe(1);
    });

    it('sees what goes straight to the display as well', async () => {
      await start({ buffers: 5, reserve: 2 }, { max: 1, policy: 'latest' });
      for (let count = 0; count < 4; count++) bench.release(await bench.nextFrame());
      await until(() => (bench.loop.stats().displays[0]?.shown ?? 0) >= 3 || undefined);
    });

    it('presents a frame: the display has it then', async () => {
      const tap = await start({ display: 'present', buffers: 5 }, { max: 1, policy: 'latest' });
      for (let count = 0; count < 3; count++) {
        const { index } = await bench.nextFrame();
        bench.loop.present(tap, bench.capture, index, bench.screen, false);
        const present = () => bench.loop.present(tap, bench.capture, index, bench.screen, false);
        expect(thrownBy(present)).toHaveProperty('name', 'InvalidStateError');
        await until(() => (bench.loop.stats().displays[0]?.shown ?? 0) > count || undefined);
      }
      expect(bench.loop.stats().displays[0]).toMatchObject({ shown: 3, dropped: 0 });
    });

    it('presents a frame and keeps it', async () => {
      const { kernel } = session();
      const tap = await start({ display: 'present' }, { max: 1, policy: 'latest' });
      const frame = await bench.nextFrame();
      const [plane] = bench.camera.buffers[frame.index] ?? [];
      const fence = session().own(kernel.dmaBufExportSyncFile(plane?.fd ?? -1, 1));
      bench.loop.present(tap, bench.capture, frame.index, bench.screen, true, fence);
      await until(() => (bench.loop.stats().displays[0]?.shown ?? 0) > 0 || undefined);
      expect(bench.frames).toEqual([]);
      bench.release(frame);
      bench.release(await bench.nextFrame());
    });

    it('presents only where it was allowed', async () => {
      const tap = await start({ display: 'none' }, { max: 1, policy: 'latest' });
      const { index } = await bench.nextFrame();
      expect(thrownBy(() => bench.loop.present(tap, bench.capture, index, 0, false))).toBeInstanceOf(
        RangeError,
      );
      bench.loop.release(tap, bench.capture, index);
    });
  });
});
