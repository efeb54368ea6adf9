/** Accesses of the CPU to real dma-bufs: what is left of them when they have ended, and what signals do to them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { V4l2SourceOptions } from 'dmaflow';
import { multiPlanarCamera } from '../../../support/board/devices';
import { compiled } from '../../../support/board/native-helper';
import { Program } from '../../../support/board/program';

export function cpuAccesses(): void {
  it('leave no view that shows anything, external or copied, in the main thread and in a worker thread', async () => {
    // A program of its own: a garbage collection of a test's whole heap takes seconds on the emulated board.
    await using program = new Program(process.execPath, [join(__dirname, '../../../support/dead-views.js')]);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(JSON.parse(program.stdout)).toEqual({
      'external, main thread': [],
      'external, worker thread': [],
      'copies, main thread': [],
      'copies, worker thread': [],
    });
  });

  it('outlast signals at 1 kHz while frames flow: planes in dma-bufs of their own, accesses that overlap', async () => {
    const camera: V4l2SourceOptions = {
      ...{ device: multiPlanarCamera(), width: 320, height: 180, fps: 30, frames: 60 },
      ...{ format: 'NV12', arrangement: 'separate-buffers' },
    };
    const path = join(__dirname, '../programs/signals.js');
    await using program = new Program(process.execPath, [path, JSON.stringify(camera)]);
    await program.says(/^ready$/m);
    await using _storm = new Program(compiled('signal-storm'), [String(program.pid)]);
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stderr).toBe('');
    const seen = JSON.parse(program.stdout.trim().split('\n').at(-1) ?? '');
    expect(seen).toMatchObject({ captured: 60, wrong: 0 });
    expect(seen.frames).toBeGreaterThan(3);
    // Two dma-bufs: START(R), END(R) START(RW), END(RW) START(R), and the END(R) at last.
    expect(seen.syncCalls).toBe(seen.frames * 2 * 6);
    expect(seen.signals).toBeGreaterThan(50);
  });

  describe('DMAFLOW_GUARD=1', () => {
    const guarded = (mode: string, touch: string) =>
      new Program(process.execPath, [join(__dirname, '../programs/guarded.js'), mode], {
        DMAFLOW_GUARD: '1',
        TOUCH: touch,
        TOUCH_LIBRARY: compiled('touch', '-shared', '-fPIC'),
      });

    it('leaves accesses as they are, of native code too', async () => {
      await using program = guarded('inside', 'write');
      expect(await program.ended).toEqual({ status: 0, signal: null });
      expect(program.stdout).toContain('touched 1');
      expect(program.stdout).toContain('read back 1');
    });

    it.each([
      [
        'never',
        'read',
        /^dmaflow: guard: access to dma-buf 'dmaflow:guarded' at offset 0x10 outside every CPU access to it: touch it only between/m,
      ],
      [
        'after',
        'read',
        /^dmaflow: guard: access to dma-buf 'dmaflow:guarded' at offset 0x10 outside every CPU access to it; the last one was that of 'box': /m,
      ],
      [
        'reading',
        'write',
        /^dmaflow: guard: write to dma-buf 'dmaflow:guarded' at offset 0x10 within a read access of 'box': open it as 'read-write'/m,
      ],
    ])(
      'catches a stray pointer at once, and names buffer and stage: %s, %s',
      async (mode, touch, message) => {
        await using program = guarded(mode, touch);
        expect(await program.ended).toEqual({ status: null, signal: 'SIGSEGV' });
        expect(program.stderr).toMatch(message);
        expect(program.stdout).not.toContain('touched');
      },
    );

    it('is no part of a program without it', () => {
      const program = join(__dirname, '../programs/guarded.js');
      const env = { ...process.env, TOUCH: 'write', TOUCH_LIBRARY: compiled('touch', '-shared', '-fPIC') };
      expect(execFileSync(process.execPath, [program, 'after'], { env, encoding: 'utf8' })).toContain(
        'touched 1',
      );
    });
  });
}
