/** A pool that grows and shrinks while the pipeline runs: buffers that fit stay, by inode. */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { singlePlanarCamera } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { until } from '../../../support/board/until';

const inodes = () => allDmaBufs().map(({ inode }) => inode);

export function renegotiation(): void {
  it('keeps what fits, allocates what is missing, gives back the rest', async () => {
    const device = singlePlanarCamera();
    await using pipeline = new Pipeline(
      { buffers: 4 },
      v4l2Source({ device, width: 640, height: 480, fps: 30 }),
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    const four = inodes();
    expect(four).toHaveLength(4);

    await pipeline.renegotiate({ buffers: 7 });
    const seven = inodes();
    expect(seven).toHaveLength(7);
    expect(seven).toEqual(expect.arrayContaining(four));
    expect(pipeline.explain()).toMatch(/^heap .*; 4 of 7 buffers are those of before$/m);

    await pipeline.renegotiate({ buffers: 3 });
    const three = inodes();
    expect(three).toHaveLength(3);
    expect(seven).toEqual(expect.arrayContaining(three));

    // The region has no room for both: 3 of 1.2 MiB go before 7 of 3.5 MiB come.
    await pipeline.renegotiate({ width: 1280, height: 720, buffers: 7 });
    expect(allDmaBufs().map(({ size }) => size)).toEqual(Array.from({ length: 7 }, () => 1280 * 720 * 4));
    await until('frames of the new size on the display', () => pipeline.stats().shown >= 3);
    expect(pipeline.stats().lost).toBe(0);
  });
}
