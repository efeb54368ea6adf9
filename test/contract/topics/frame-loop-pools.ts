import type { FrameLoop, LoopError, PoolConfig, TapConfig } from '../../../src/native/frame-loop';
import { overKernel, overLoops, thrownBy, until } from '../bench';
import { Display } from '../display';
import { keepIn, type TapFrame } from '../tap-frame';

overLoops((kernel) => {
  describe('a pool', () => {
    let loop: FrameLoop;
    let pool: number;
    let frames: TapFrame[];
    let freed: number[];
    let errors: LoopError[];
    let ends: number;

    const make = (config: Partial<PoolConfig> = {}) => {
      frames = [];
      freed = [];
      errors = [];
      ends = 0;
      loop = kernel().createFrameLoop({
        onFrame: keepIn(frames),
        onError: (error) => errors.push(error),
        onEnd: () => {
          ends += 1;
        },
        onFree: (id) => freed.push(id),
      });
      pool = loop.addPool({ buffers: 3, reserve: 0, ...config });
    };
    const tap = (config: Partial<TapConfig> = {}) =>
      loop.addTap({ capture: pool, max: 3, policy: 'every', drain: false, ...config });
    /** Fills a buffer with frame `sequence`; returns its index. */
    const fill = (sequence: number): number => {
      const index = loop.acquire(pool);
      if (index === undefined) throw new Error('no free buffer');
      loop.submit(pool, index, { sequence, timestamp: sequence * 1000, bytesUsed: [sequence + 5] });
      return index;
    };
    const next = () => until(() => frames.shift());
    const release = ({ tap: from, capture, index }: TapFrame) => loop.release(from, capture, index);
    afterEach(() => loop.stop());

    it('hands frames on in order, with what their filler said of them', async () => {
      make();
      tap();
      await loop.start();
      const first = fill(0);
      const second = fill(1);
      expect(first).not.toBe(second);
      expect(await next()).toMatchObject({
        capture: pool,
        index: first,
        sequence: 0,
        timestamp: 0,
        bytesUsed: [5],
      });
      expect(await next()).toMatchObject({ index: second, sequence: 1, timestamp: 1000, bytesUsed: [6] });
      expect(loop.stats().captures[pool]).toMatchObject({ captured: 2, queued: 1, buffers: 3 });
    });

    it('has a buffer again when its last reference is gone, and says so where one was wanted', async () => {
      make({ buffers: 1 });
      tap();
      tap();
      await loop.start();
      const index = fill(7);
      expect(loop.acquire(pool)).toBeUndefined();
      const both = [await next(), await next()] as const;
      release(both[0]);
      expect(loop.acquire(pool)).toBeUndefined();
      release(both[1]);
      expect(await until(() => freed[0])).toBe(pool);
      expect(loop.acquire(pool)).toBe(index);
      loop.cancel(pool, index);
      expect(loop.acquire(pool)).toBe(index);
      expect(freed).toHaveLength(1);
    });

    it('takes back what nobody wants', async () => {
      make({ buffers: 1 });
      await loop.start();
      fill(0);
      await until(() => loop.stats().captures[pool]?.queued === 1 || undefined);
      fill(1);
      await until(() => loop.stats().captures[pool]?.captured === 2 || undefined);
    });

    it('keeps its reserve from taps', async () => {
      make({ buffers: 3, reserve: 2 });
      const id = tap();
      await loop.start();
      fill(0);
      fill(1);
      const { sequence } = await next();
      expect(sequence).toBe(0);
      await until(() => loop.stats().taps[id]?.skipped === 1 || undefined);
    });

    it('may be filled before the loop starts', async () => {
      make();
      tap();
      fill(3);
      await loop.start();
      expect((await next()).sequence).toBe(3);
    });

    it('takes each buffer once, from whom has it', async () => {
      make();
      await loop.start();
      const index = loop.acquire(pool) ?? -1;
      const frame = { sequence: 0, timestamp: 0, bytesUsed: [] };
      loop.submit(pool, index, frame);
      const state = { name: 'InvalidStateError' };
      expect(thrownBy(() => loop.submit(pool, index, frame))).toMatchObject(state);
      expect(thrownBy(() => loop.cancel(pool, index))).toMatchObject(state);
      expect(thrownBy(() => loop.submit(pool, 9, frame))).toMatchObject(state);
      expect(thrownBy(() => loop.acquire(pool + 1))).toBeInstanceOf(RangeError);
    });

    it('ends the stream, when everything submitted was handed on', async () => {
      make();
      tap({ max: 1, drain: true });
      await loop.start();
      fill(0);
      fill(1);
      loop.endPool(pool);
      const first = await next();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(ends).toBe(0);
      release(first);
      release(await next());
      await until(() => ends || undefined);
      expect(errors).toEqual([]);
    });

    it('gives nothing after the stop, and takes what comes late', async () => {
      make();
      await loop.start();
      const index = loop.acquire(pool) ?? -1;
      await loop.stop();
      expect(loop.acquire(pool)).toBeUndefined();
      loop.submit(pool, index, { sequence: 0, timestamp: 0, bytesUsed: [] });
      expect(loop.stats().captures[pool]).toMatchObject({ captured: 0, queued: 0 });
    });
  });
});

overKernel((session) => {
  describe('a pool and a display', () => {
    it('shows what is submitted, when its fence has signalled', async () => {
      const { kernel } = session();
      const display = new Display(session());
      const loop = kernel.createFrameLoop({ onFrame() {}, onError() {}, onEnd() {} });
      const framebuffers = [display.framebuffer(), display.framebuffer(), display.framebuffer()];
      const pool = loop.addPool({ buffers: 3, reserve: 0 });
      const fbIdProperty = display.property(display.plane, 'plane', 'FB_ID');
      const screen = loop.addDisplay({
        fd: display.fd,
        crtcId: display.crtc,
        modeset: display.modeset(0).filter(({ propertyId }) => propertyId !== fbIdProperty),
        planeId: display.plane,
        fbIdProperty,
      });
      loop.connect(
        pool,
        screen,
        framebuffers.map(({ id }) => id),
      );
      await loop.start();
      for (let sequence = 0; sequence < 5; sequence++) {
        const index = await until(() => loop.acquire(pool));
        const fence = session().own(kernel.dmaBufExportSyncFile(framebuffers[index]?.fd ?? -1, 2));
        loop.submit(pool, index, { sequence, timestamp: 1, bytesUsed: [] }, fence);
        await until(() => (loop.stats().displays[screen]?.shown ?? 0) > sequence || undefined);
        expect(kernel.kmsPlane(display.fd, display.plane).fbId).toBe(framebuffers[index]?.id);
      }
      expect(loop.stats().captures[pool]).toMatchObject({ captured: 5, queued: 2 });
      await loop.stop();
    });
  });
});
