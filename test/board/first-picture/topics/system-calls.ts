/** What the kernel is asked to do for each frame: no sync and no mapping where no CPU looks, exactly one pair where one does. */
import { helperPath, samplePath } from '../../../support/board/program';
import { countOf, dmaBufMappings, syncCalls, type Traced, traced } from '../../../support/board/strace';
import { SyncLog } from '../../../support/board/sync-log';

/** What cpu-stages takes of each camera. */
const FRAMES = 8;
const DMA_BUF_SYNC_READ = 1;
const DMA_BUF_SYNC_RW = 3;
const DMA_BUF_SYNC_END = 4;

describe('the system calls', () => {
  it('of camera to display hold no sync and no mapping of a frame', async () => {
    const { program, calls } = await traced(samplePath('camera-to-display'), [
      ...['--frames', '60', '--size', '640x480', '--fps', '30', '--driver', 'vivid'],
    ]);
    expect(program.stderr).toBe('');
    expect(countOf(calls, 'VIDIOC_DQBUF')).toBeGreaterThanOrEqual(60);
    expect(countOf(calls, 'DRM_IOCTL_MODE_ATOMIC')).toBeGreaterThanOrEqual(10);
    expect(countOf(calls, 'DMA_HEAP_IOCTL_ALLOC')).toBeGreaterThanOrEqual(4);
    expect(syncCalls(calls)).toEqual([]);
    expect(dmaBufMappings(calls)).toEqual([]);
  });

  describe('of camera to CPU to display', () => {
    let log: SyncLog;
    let trace: Traced;
    let runs: { access: string; calls: number; inodes: number[] }[];

    beforeAll(async () => {
      log = new SyncLog();
      trace = await traced(helperPath('cpu-stages'), [], log.env);
      runs = trace.program.stdout
        .split('\n')
        .flatMap((line) => (line.startsWith('{') ? JSON.parse(line) : []));
    });

    it.each([
      ['read-write', 1, DMA_BUF_SYNC_RW],
      ['read', 2, DMA_BUF_SYNC_READ],
    ])('bracket each frame once, access %s, dma-bufs of a frame: %i', (access, dmaBufs, flags) => {
      expect(trace.program.stderr).toBe('');
      const run = runs.find((each) => each.access === access);
      expect(run?.calls).toBe(FRAMES);
      const entries = log.entries.filter(({ inode }) => run?.inodes.includes(inode));
      expect(entries).toHaveLength(FRAMES * dmaBufs * 2);
      for (const inode of new Set(entries.map((entry) => entry.inode))) {
        const ofBuffer = entries.filter((entry) => entry.inode === inode).map((entry) => entry.flags);
        const expected = ofBuffer.map((_, at) => (at % 2 === 0 ? flags : flags | DMA_BUF_SYNC_END));
        expect(ofBuffer).toEqual(expected);
      }
    });

    it('hold no other sync, and one mapping for a buffer', () => {
      expect(syncCalls(trace.calls)).toHaveLength(log.entries.length);
      const touched = new Set(log.entries.map(({ inode }) => inode));
      expect(dmaBufMappings(trace.calls)).toHaveLength(touched.size);
    });
  });
});
