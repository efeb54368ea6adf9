/** Fences of a device that the pipeline does not know of, on the kernel's software timeline (CONFIG_SW_SYNC). */
import { cpuStage, type DmaBuf, type Frame, Pipeline } from 'dmaflow';
import { LateFence } from '../../../support/board/late-fence';
import { smallCamera } from '../../../support/board/pipelines';
import { until } from '../../../support/board/until';

const all = { access: 'read', policy: 'every', max: 2 } as const;

function memoryOf(frame: Frame): DmaBuf {
  const [buffer] = frame.buffers;
  if (!buffer) throw new Error('a frame has memory');
  return buffer;
}

export function fences(): void {
  it('a stage gets its frame when the fence on it has signalled; the event loop and the camera go on meanwhile', async () => {
    let fence: LateFence | undefined;
    const got: number[] = [];
    await using pipeline = new Pipeline(
      smallCamera(),
      cpuStage({ ...all, name: 'device' }, async ({ frame }) => {
        fence ??= await LateFence.on(memoryOf(frame), 'write');
      }),
      cpuStage({ ...all, name: 'reader' }, ({ frame }) => {
        using px = frame.cpuAccess();
        got.push(frame.sequence, px.planes.length);
      }),
    );
    await pipeline.start();
    const late = await until('the fence', () => fence);
    const { captured } = pipeline.stats();
    await until('20 more frames', () => pipeline.stats().captured >= captured + 20);
    expect(got).toEqual([]);
    await late.signal();
    await until('the frame in the stage', () => got.length > 0);
    await pipeline.stop();
    late[Symbol.dispose]();
  });

  it('a stop does not wait for a fence', async () => {
    let fence: LateFence | undefined;
    await using pipeline = new Pipeline(
      smallCamera(),
      cpuStage({ ...all, name: 'device' }, async ({ frame }) => {
        fence ??= await LateFence.on(memoryOf(frame), 'write');
      }),
      cpuStage({ ...all, name: 'reader' }, () => {
        throw new Error('not ready');
      }),
    );
    await pipeline.start();
    using _late = await until('the fence', () => fence);
    await pipeline.stop();
    expect(pipeline.state).toBe('stopped');
  });

  it('the camera gets a buffer back when the fence that a stage put on its frame has signalled', async () => {
    let fence: LateFence | undefined;
    let signalled = false;
    let fenced = 0;
    const before = new Set<number>();
    const after = new Set<number>();
    await using pipeline = new Pipeline(
      smallCamera(),
      cpuStage(all, async ({ frame }) => {
        const buffer = memoryOf(frame);
        if (fence) {
          (signalled ? after : before).add(buffer.inode);
          return;
        }
        fence = await LateFence.on(buffer, 'read');
        fenced = buffer.inode;
        using exported = buffer.exportFence('write');
        expect(await exported.wait({ timeout: 0 })).toBe(false);
        frame.addFence(exported, 'read');
      }),
    );
    await pipeline.start();
    const late = await until('the fence', () => fence);
    const { captured } = pipeline.stats();
    await until('30 more frames', () => pipeline.stats().captured >= captured + 30);
    expect(before.size).toBeGreaterThan(0);
    expect(before).not.toContain(fenced);
    signalled = true;
    await late.signal();
    await until('the buffer again', () => after.has(fenced));
    await pipeline.stop();
    late[Symbol.dispose]();
  });

  it('waits with a limit, and until a signal aborts', async () => {
    await using pipeline = new Pipeline(smallCamera({ frames: 1 }));
    const kept: Frame[] = [];
    pipeline.frames('camera').subscribe((frame) => kept.push(frame.clone()));
    await pipeline.run();
    const [frame] = kept;
    if (!frame) throw new Error('no frame');
    using closing = frame;
    using fence = await LateFence.on(memoryOf(closing), 'write');
    expect(await frame.ready('read', { timeout: 50 })).toBe(false);
    await expect(frame.ready('read', { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/i);
    const ready = frame.ready('read');
    await fence.signal();
    expect(await ready).toBe(true);
    using px = frame.cpuAccess('read');
    expect(px.planes).toHaveLength(1);
  });
}
