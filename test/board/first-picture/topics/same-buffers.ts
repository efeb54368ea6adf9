/**
 * The framebuffers on the CRTC and the camera's buffers are the same dma-bufs. Shown by what the kernel tells in debugfs and procfs:
 * all dma-bufs of the system are imported by camera and display both, and what is on the CRTC is imported.
 */
import { cardOf } from '../../../support/board/devices';
import { allDmaBufs, dmaBufsOf } from '../../../support/board/dma-bufs';
import { framebufferIds, type ShownFramebuffer, shownFramebuffers } from '../../../support/board/drm-state';
import { sample } from '../../../support/board/program';
import { until } from '../../../support/board/until';

describe('the buffers of the camera', () => {
  it('are the framebuffers of the CRTC, by inode, out of default_cma_region', async () => {
    const vkms = cardOf('vkms');
    const foreign = framebufferIds(vkms);
    // The contract suite, in the same boot, has the kernel refuse buffers, and videobuf2 leaks some of those (Linux 7.3).
    const orphans = allDmaBufs();
    const ours = () => allDmaBufs().filter(({ inode }) => !orphans.some((orphan) => orphan.inode === inode));
    const options = ['--frames', '0', '--size', '1280x720', '--fps', '30', '--driver', 'vivid'];
    await using program = sample('camera-to-display', ...options, '--card', 'vkms');
    await program.says(/shown [1-9]/);

    const buffers = ours();
    expect(buffers.length).toBeGreaterThanOrEqual(4);
    for (const { exporter, devices, size } of buffers) {
      expect(exporter).toBe('default_cma_region');
      expect(devices).toEqual(['vivid.0', 'vkms']);
      expect(size).toBe(1280 * 720 * 4);
    }
    const inodes = buffers.map(({ inode }) => inode).sort((a, b) => a - b);
    expect(dmaBufsOf(program.pid).map(({ inode }) => inode)).toEqual(inodes);

    const made = framebufferIds(vkms).filter((id) => !foreign.includes(id));
    expect(made).toHaveLength(buffers.length);
    const onScreen = await watchScreen(made.length);
    expect([...onScreen.keys()].sort((a, b) => a - b)).toEqual(made.sort((a, b) => a - b));
    for (const framebuffer of onScreen.values()) {
      expect(framebuffer).toMatchObject({
        owner: 'node',
        fourcc: 'XR24',
        size: '1280x720',
        imported: [true],
      });
    }

    program.kill('SIGINT');
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(ours()).toEqual([]);
    expect(framebufferIds(vkms)).toEqual(foreign);
  });

  /** The framebuffers on the CRTC by id, until so many have been seen. */
  async function watchScreen(count: number): Promise<Map<number, ShownFramebuffer>> {
    const seen = new Map<number, ShownFramebuffer>();
    await until(`${count} framebuffers on the CRTC`, () => {
      for (const framebuffer of shownFramebuffers(cardOf('vkms'))) seen.set(framebuffer.id, framebuffer);
      return seen.size >= count;
    });
    return seen;
  }
});
