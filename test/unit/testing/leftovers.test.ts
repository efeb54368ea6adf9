import { FakeKernel, fourcc } from 'dmaflow/testing';
import { DRM_CLIENT_CAP_ATOMIC } from '../../../src/native/kms';
import { V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF } from '../../../src/native/v4l2';

const TYPE = V4L2_BUF_TYPE_VIDEO_CAPTURE;

function setUp() {
  const board = FakeKernel.board();
  const heap = board.kernel.open('/dev/dma_heap/default_cma_region', { access: 'read' });
  const alloc = (bytes = 4096) => board.kernel.heapAlloc(heap, bytes);
  return { ...board, heap, alloc };
}

describe('assertNothingLeft', () => {
  it('is content with a kernel that was left clean', () => {
    const { kernel, heap } = setUp();
    kernel.close(heap);
    expect(() => kernel.assertNothingLeft()).not.toThrow();
  });

  it('lists open and disowned fds with their paths, and the dma-bufs behind them', () => {
    const { kernel, heap, alloc } = setUp();
    const buffer = alloc();
    kernel.dmaBufSetName(buffer, 'dmaflow:camera:0');
    kernel.disown(buffer);
    expect(() => kernel.assertNothingLeft()).toThrow(
      [
        'left in the fake kernel:',
        `  fd ${heap} /dev/dma_heap/default_cma_region`,
        `  fd ${buffer} /dmabuf:dmaflow:camera:0 (disowned)`,
        '  dma-buf 1 /dmabuf:dmaflow:camera:0 of default_cma_region, held by file',
      ].join('\n'),
    );
    kernel.closeForeign(buffer);
    kernel.close(heap);
    kernel.assertNothingLeft();
  });

  it('lists mappings, views and CPU accesses', () => {
    const { kernel, alloc } = setUp();
    const buffer = alloc();
    const mapping = kernel.dmaBufMap(buffer, 4096);
    kernel.dmaBufView(mapping);
    kernel.dmaBufSync(buffer, 3);
    expect(kernel.left()).toEqual(
      expect.arrayContaining([
        `mapping ${mapping} of /dmabuf:, with a view attached`,
        'CPU access READ|WRITE of /dmabuf:',
        'dma-buf 1 /dmabuf: of default_cma_region, held by file, mapping',
      ]),
    );
  });

  it('lists what hangs on a card', () => {
    const { kernel, display, alloc } = setUp();
    const fd = kernel.open(display.path, { access: 'read-write' });
    kernel.drmSetClientCap(fd, 3, 1);
    const handle = kernel.kmsPrimeImport(fd, alloc(64 * 64 * 4));
    const planes = [{ handle, stride: 256, offset: 0 }];
    const id = kernel.kmsAddFramebuffer(fd, { width: 64, height: 64, fourcc: 0x34325258, planes });
    const blob = kernel.kmsCreateBlob(fd, new Uint8Array(4));
    expect(kernel.left()).toEqual(
      expect.arrayContaining([
        `GEM handle ${handle} on /dev/dri/card1`,
        `framebuffer ${id} on /dev/dri/card1`,
        `property blob ${blob} on /dev/dri/card1`,
        'DRM master of /dev/dri/card1',
        'dma-buf 1 /dmabuf: of default_cma_region, held by file, GEM handle, framebuffer',
      ]),
    );
  });

  it('lists a camera that streams', () => {
    const { kernel, camera, alloc } = setUp();
    camera.frames = 'manual';
    const fd = kernel.open(camera.path, { access: 'read-write', nonblock: true });
    kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 2);
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, 0, [{ fd: alloc(640 * 480 * 2), length: 0 }]);
    kernel.v4l2StreamOn(fd, TYPE);
    const streaming = ['/dev/video0 streams', '1 buffers queued on /dev/video0'];
    expect(kernel.left()).toEqual(expect.arrayContaining(streaming));
    kernel.exit();
    kernel.assertNothingLeft();
    expect(kernel.heapUsed('default_cma_region')).toBe(0);
  });
});

describe('violations', () => {
  it('are an END without its START, or with other flags', () => {
    const { kernel, alloc } = setUp();
    const buffer = alloc();
    kernel.dmaBufSync(buffer, 1);
    kernel.dmaBufSync(buffer, 4 | 3);
    expect(kernel.violations).toEqual([
      'DMA_BUF_IOCTL_SYNC END READ|WRITE of /dmabuf: without a START of the same flags',
    ]);
    kernel.exit();
    expect(() => kernel.assertNothingLeft()).toThrow('violation: DMA_BUF_IOCTL_SYNC END');
  });

  it('are a camera that writes into what is on screen', () => {
    const { kernel, camera, display, alloc } = setUp();
    camera.frames = 'manual';
    const buffer = alloc(640 * 480 * 2);
    const card = kernel.open(display.path, { access: 'read-write' });
    kernel.drmSetClientCap(card, DRM_CLIENT_CAP_ATOMIC, 1);
    const handle = kernel.kmsPrimeImport(card, buffer);
    const planes = [{ handle, stride: 64 * 4, offset: 0 }];
    const request = { width: 64, height: 64, fourcc: fourcc('XR24'), planes };
    const framebuffer = kernel.kmsAddFramebuffer(card, request);
    const [plane = 0] = kernel.kmsPlanes(card);
    const size = { CRTC_W: 64, CRTC_H: 64, SRC_W: 64 * 0x10000, SRC_H: 64 * 0x10000 };
    const properties = Object.entries({ FB_ID: framebuffer, ...size }).map(([name, value]) => ({
      objectId: plane,
      propertyId: display.propertyId(name),
      value,
    }));
    kernel.kmsCommit(card, { properties, flags: 0 });
    const fd = kernel.open(camera.path, { access: 'read-write', nonblock: true });
    kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 2);
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, 0, [{ fd: buffer, length: 0 }]);
    kernel.v4l2StreamOn(fd, TYPE);
    camera.produce();
    expect(kernel.violations).toEqual(['/dev/video0 wrote into a buffer that is on screen']);
    kernel.exit();
  });

  it('are a camera that writes under a CPU access', () => {
    const { kernel, camera, alloc } = setUp();
    camera.frames = 'manual';
    const buffer = alloc(640 * 480 * 2);
    const fd = kernel.open(camera.path, { access: 'read-write', nonblock: true });
    kernel.v4l2RequestBuffers(fd, TYPE, V4L2_MEMORY_DMABUF, 2);
    kernel.v4l2QueueBuffer(fd, TYPE, V4L2_MEMORY_DMABUF, 0, [{ fd: buffer, length: 0 }]);
    kernel.v4l2StreamOn(fd, TYPE);
    kernel.dmaBufSync(buffer, 1);
    expect(camera.produce()).toBe(true);
    expect(kernel.violations).toEqual(['/dev/video0 wrote while /dmabuf: is under CPU access (READ)']);
    kernel.exit();
  });
});
