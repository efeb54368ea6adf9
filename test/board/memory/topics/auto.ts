/** A trial buffer of `system`: vivid on videobuf2's vmalloc takes it, vivid on dma-contig does not. */
import { kmsSink, Pipeline, v4l2Source } from 'dmaflow';
import { singlePlanarCamera, videoNode } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { meminfo } from '../../../support/board/meminfo';

/** vivid's third camera, whose driver takes any pages. */
const pageCamera = () => videoNode('vivid-002-vid-cap');

export function autoMemory(): void {
  it.each([
    [pageCamera, 'system', /^asked +a trial buffer of system: camera takes it, display takes it$/m],
    [
      singlePlanarCamera,
      'default_cma_region',
      /^asked +a trial buffer of system: camera refuses it \(VIDIOC_QBUF on \/dev\/video\d+: EFAULT\)$/m,
    ],
  ])('asks the devices: %p', async (device, heap, said) => {
    const cmaFree = meminfo('CmaFree');
    await using pipeline = new Pipeline(
      { memory: 'auto' },
      v4l2Source({ device: device(), width: 640, height: 480, fps: 30 }),
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    expect(pipeline.explain()).toMatch(said);
    const exporters = new Set(allDmaBufs().map(({ exporter }) => exporter));
    expect([...exporters]).toEqual([heap]);
    if (heap === 'system') expect(meminfo('CmaFree')).toBeGreaterThan(cmaFree - 512);
    expect(allDmaBufs().every(({ name }) => !name.includes('trial'))).toBe(true);
  });
}
