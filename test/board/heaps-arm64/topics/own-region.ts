/** A camera whose device-tree node has `memory-region`: vivid's driver on the device that the board's tree describes. */
import { existsSync, writeFileSync } from 'node:fs';
import { type HeapPreferences, kmsSink, listCameras, loadKernel, Pipeline, v4l2Source } from 'dmaflow';
import { memoryRegions } from '../../../../src/devices/memory-regions';
import { allDmaBufs } from '../../../support/board/dma-bufs';

const PLATFORM = '/sys/bus/platform';
const VIVID = `${PLATFORM}/drivers/vivid`;
const CAMERA = `${PLATFORM}/devices/camera`;

export function ownRegion(): void {
  // The driver keeps one device: the one that it made itself gives way.
  beforeAll(() => {
    writeFileSync(`${VIVID}/unbind`, 'vivid.0');
    writeFileSync(`${CAMERA}/driver_override`, 'vivid');
    writeFileSync(`${VIVID}/bind`, 'camera');
  });
  afterAll(() => {
    writeFileSync(`${VIVID}/unbind`, 'camera');
    writeFileSync(`${VIVID}/bind`, 'vivid.0');
  });

  async function heapsOf(heaps: HeapPreferences): Promise<{ explained: string; exporters: string[] }> {
    await using pipeline = new Pipeline(
      { heaps },
      v4l2Source({ driver: 'vivid', width: 320, height: 240, fps: 15, frames: 3 }),
      kmsSink({ card: 'vkms' }),
    );
    await pipeline.start();
    const explained = pipeline.explain();
    const exporters = [...new Set(allDmaBufs().map(({ exporter }) => exporter))];
    await pipeline.ended;
    return { explained, exporters };
  }

  it('is found by the phandle of its node', () => {
    expect(existsSync(`${CAMERA}/of_node/memory-region`)).toBe(true);
    const [camera] = listCameras(loadKernel());
    expect(memoryRegions(loadKernel(), camera?.path ?? '')).toEqual(['video@70000000']);
  });

  it('comes first, before the default region', async () => {
    const { explained, exporters } = await heapsOf({});
    expect(explained).toMatch(/^heap +video@70000000: .*the region that the device tree gives to a device/m);
    expect(exporters).toEqual(['video@70000000']);
  });

  it('gives way to an order of the user', async () => {
    const { explained, exporters } = await heapsOf({ contiguous: ['linux,cma', 'video@70000000'] });
    expect(explained).toMatch(/^heap +default_cma_region: chosen by option heaps\.contiguous$/m);
    expect(exporters).toEqual(['default_cma_region']);
  });
}
