import type { FrameLoop, LoopError } from '../../../src/native/frame-loop';
import { V4L2_MEMORY_MMAP } from '../../../src/native/v4l2';
import { overKernel, type Session, until } from '../bench';
import { Capture } from '../capture';
import { keepIn, type TapFrame } from '../tap-frame';

const OWN = 3;

overKernel((session) => {
  describe('a capture whose frames are copied', () => {
    let bench: CopyBench;
    afterEach(() => bench.loop.stop());

    it.each([
      ['contiguous heap', (s: Session, length: number) => s.alloc(s.bench.contiguousHeap, length)],
      ['system heap', (s: Session, length: number) => s.alloc(s.bench.systemHeap, length)],
      ['memfd', (s: Session, length: number) => s.own(s.kernel.memfdCreate('copy', length))],
    ])('fills buffers of the %s, and counts what it copied', async (_, allocate) => {
      bench = new CopyBench(session(), allocate, { targets: 4, frames: 9 });
      const tap = bench.loop.addTap({ capture: 0, max: 4, policy: 'every', drain: true });
      await bench.loop.start();
      for (let frame = 0; frame < 9; frame++) {
        const { index, bytesUsed } = await until(() => bench.frames.shift());
        expect(index).toBeLessThan(4);
        expect(bytesUsed).toEqual([bench.length]);
        bench.loop.release(tap, 0, index);
      }
      await until(() => bench.ends > 0 || undefined);
      const [stats] = bench.loop.stats().captures;
      const { captured = 0 } = stats ?? {};
      expect(captured).toBe(9);
      expect(stats).toMatchObject({ buffers: 4, copied: 9, copiedBytes: 9 * bench.length });
      expect(bench.errors).toEqual([]);
      for (const fd of bench.targets) expect(hasPicture(session(), fd, bench.length)).toBe(true);
    });

    it('loses what it has no free buffer for, and the camera goes on', async () => {
      bench = new CopyBench(session(), (s, length) => s.alloc(s.bench.systemHeap, length), { targets: 2 });
      const tap = bench.loop.addTap({ capture: 0, max: 2, policy: 'every', drain: false });
      await bench.loop.start();
      const held = [await until(() => bench.frames.shift()), await until(() => bench.frames.shift())];
      const stats = () => bench.loop.stats().captures[0];
      await until(() => (stats()?.lost ?? 0) >= 3 || undefined);
      expect(stats()).toMatchObject({ captured: 2, copied: 2 });
      for (const { index } of held) bench.loop.release(tap, 0, index);
      const { sequence } = await until(() => bench.frames.shift());
      expect(sequence).toBeGreaterThan((held[1]?.sequence ?? 0) + 1);
    });
  });
});

/** A loop over a camera's own buffers, with targets to copy into. */
class CopyBench {
  readonly loop: FrameLoop;
  readonly frames: TapFrame[] = [];
  readonly errors: LoopError[] = [];
  readonly targets: number[];
  /** Bytes of a frame. */
  readonly length: number;
  ends = 0;

  constructor(
    session: Session,
    allocate: (session: Session, length: number) => number,
    options: { targets: number; frames?: number },
  ) {
    const { kernel } = session;
    const { fd, type, format } = new Capture(session);
    const { count } = kernel.v4l2RequestBuffers(fd, type, V4L2_MEMORY_MMAP, OWN);
    this.length = format.planes[0]?.sizeImage ?? 0;
    this.targets = Array.from({ length: options.targets }, () => allocate(session, this.length));
    this.loop = kernel.createFrameLoop({
      onFrame: keepIn(this.frames),
      onError: (error) => this.errors.push(error),
      onEnd: () => {
        this.ends += 1;
      },
    });
    this.loop.addCapture({
      fd,
      bufferType: type,
      memory: V4L2_MEMORY_MMAP,
      buffers: Array.from({ length: count }, (_, index) => ({
        planes: kernel.v4l2QueryBuffer(fd, type, index).planes,
      })),
      copyInto: this.targets.map((target) => ({ planes: [{ fd: target, length: this.length }] })),
      reserve: 0,
      frames: options.frames ?? 0,
    });
  }
}

function hasPicture({ kernel }: Session, fd: number, length: number): boolean {
  const mapping = kernel.dmaBufMap(fd, length);
  const bytes = Buffer.from(kernel.dmaBufView(mapping).slice(0));
  kernel.dmaBufUnmap(mapping);
  return (
    bytes.subarray(0, length / 2).some((byte) => byte !== 0) &&
    bytes.subarray(length / 2).some((b) => b !== 0)
  );
}
