/** Buffers and pictures for tests of displays, and ways to look at the fake card behind one. */
import type { Display } from '../../../../src/devices/kms/display';
import type { PictureLayout } from '../../../../src/devices/kms/framebuffer';
import { type PixelFormatName, pixelFormat } from '../../../../src/formats/pixel-formats';
import { planeLayout } from '../../../../src/formats/plane-layout';
import {
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_PAGE_FLIP_EVENT,
  type KmsPropertyValue,
} from '../../../../src/native/kms';
import type { FakeCard, FakeCardOptions, FakeKernel } from '../../../../src/testing';

/** A picture with memory of its own, which `close` gives back. */
export class TestPicture implements Disposable {
  readonly layout: PictureLayout;
  readonly planes: { fd: number }[];
  readonly #kernel: FakeKernel;

  constructor(
    kernel: FakeKernel,
    format: PixelFormatName,
    [width, height]: [number, number],
    options: { heap?: string; memoryPlanes?: number; fill?: number } = {},
  ) {
    const { heap = 'default_cma_region', memoryPlanes = 1, fill = 0 } = options;
    const { planes, memoryLengths } = planeLayout(pixelFormat(format), { width, height, memoryPlanes });
    this.#kernel = kernel;
    this.layout = { format, width, height, planes };
    this.planes = memoryLengths.map((length) => ({ fd: allocate(kernel, heap, length) }));
    for (const { fd } of this.planes) kernel.bufferBytes(fd).fill(fill);
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.planes) this.#kernel.close(fd);
  }
}

export function allocate(kernel: FakeKernel, heap: string, length: number): number {
  const fd = kernel.open(`/dev/dma_heap/${heap}`, { access: 'read' });
  const buffer = kernel.heapAlloc(fd, length);
  kernel.close(fd);
  return buffer;
}

/** Shows a framebuffer with these properties at once, as the frame loop's first commit does. */
export async function show(
  display: Display,
  properties: readonly KmsPropertyValue[],
  framebuffer: number,
): Promise<void> {
  const { kernel, fd } = display.card;
  await kernel.kmsCommitAsync(fd, {
    properties: [...properties, display.properties.plane.set('FB_ID', framebuffer)],
    flags: DRM_MODE_ATOMIC_ALLOW_MODESET | DRM_MODE_PAGE_FLIP_EVENT,
  });
  kernel.kmsReadEvents(fd);
}

/** The values of an object's properties in the fake card, by name. */
export function values(card: FakeCard, objectId: number): Record<string, number> {
  return Object.fromEntries(card.object(objectId)?.values ?? []);
}

export function firstPixel(card: FakeCard, x = 0, y = 0): number | undefined {
  const screen = card.screen();
  return screen?.data[(y * screen.width + x) * 4];
}

/** A card with two connectors, of which each has a CRTC and a primary plane. */
export const twoHeads: FakeCardOptions = {
  driver: 'vc4',
  displays: [{ name: 'HDMI-A-1' }, { name: 'DSI-1', modes: [{ width: 800, height: 480, preferred: true }] }],
};
