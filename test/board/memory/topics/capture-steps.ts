/** Each step of the ladder, forced where the driver would take an earlier one: the same pixels reach the screen. */
import type { CaptureStep } from 'dmaflow';
import { multiPlanarCamera, singlePlanarCamera } from '../../../support/board/devices';
import { allDmaBufs } from '../../../support/board/dma-bufs';
import { withLastFrame } from '../../../support/board/last-frame';
import { differentPixels, expectColorBars } from '../../../support/board/screen';

const SIZE = { width: 640, height: 480 };
const SAID: Readonly<Record<CaptureStep, RegExp>> = {
  import: /^capture +the device imports these buffers/m,
  export: /^capture +the device exports its own buffers/m,
  copy: /^capture +the frame loop copies each frame/m,
};
/** The exporter of a dma-buf: a heap's name, or the module that allocated it. */
const EXPORTER: Readonly<Record<CaptureStep, string>> = {
  import: 'default_cma_region',
  export: 'videobuf2_dma_contig',
  copy: 'default_cma_region',
};

export function captureSteps(): void {
  it.each<[CaptureStep, string, () => string]>([
    ['import', 'single-planar', singlePlanarCamera],
    ['export', 'single-planar', singlePlanarCamera],
    ['export', 'multi-planar', multiPlanarCamera],
    ['copy', 'single-planar', singlePlanarCamera],
    ['copy', 'multi-planar', multiPlanarCamera],
  ])('%s, %s: the screen shows what was captured', async (capture, _, device) => {
    const request = { ...SIZE, device: device(), format: 'XRGB8888' as const, capture };
    await withLastFrame(request, ({ frame, screen, framebuffer, explanation }) => {
      expect(framebuffer).toMatchObject({ fourcc: 'XR24', imported: [true] });
      expectColorBars(screen, { left: 0, top: 0, ...SIZE });
      expect(differentPixels(frame, screen)).toBe(0);
      expect(explanation).toMatch(SAID[capture]);
      const [buffer] = frame.buffers;
      const info = allDmaBufs().find(({ inode }) => inode === buffer?.inode);
      expect(info?.exporter).toBe(EXPORTER[capture]);
    });
  });
}
