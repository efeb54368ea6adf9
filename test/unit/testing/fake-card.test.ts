import { FakeKernel, fourcc, screenColor } from 'dmaflow/testing';
import {
  DRM_CLIENT_CAP_ATOMIC,
  DRM_MODE_ATOMIC_ALLOW_MODESET,
  DRM_MODE_ATOMIC_NONBLOCK,
  DRM_MODE_ATOMIC_TEST_ONLY,
  DRM_MODE_PAGE_FLIP_EVENT,
  type KmsPropertyValue,
} from '../../../src/native/kms';

const [WIDTH, HEIGHT] = [128, 64];
const FLIP = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;

function setUp(options: Parameters<FakeKernel['addCard']>[0] = {}) {
  const kernel = new FakeKernel();
  kernel.addHeap('system', { contiguous: false });
  const modes = [{ width: WIDTH, height: HEIGHT, preferred: true }];
  const card = kernel.addCard({ displays: [{ name: 'HDMI-A-1', modes }], flips: 'manual', ...options });
  const fd = kernel.open(card.path, { access: 'read-write' });
  kernel.drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
  return { kernel, card, fd };
}

type Card = ReturnType<typeof setUp>;

function picture({ kernel, fd }: Card, color: number, width = WIDTH, height = HEIGHT) {
  const heap = kernel.open('/dev/dma_heap/system', { access: 'read' });
  const buffer = kernel.heapAlloc(heap, width * height * 4);
  kernel.close(heap);
  new Uint32Array(kernel.bufferBytes(buffer).buffer).fill(color);
  const handle = kernel.kmsPrimeImport(fd, buffer);
  const planes = [{ handle, stride: width * 4, offset: 0 }];
  const framebuffer = kernel.kmsAddFramebuffer(fd, { width, height, fourcc: fourcc('XR24'), planes });
  kernel.kmsGemClose(fd, handle);
  return { buffer, framebuffer };
}

function properties(
  { card }: Card,
  display: number,
  values: Record<string, number>,
  on: 'crtc' | 'plane' | 'connector',
) {
  const object = {
    crtc: card.crtcs[display],
    plane: card.planes.filter((plane) => plane.value('type') === 1)[display],
    connector: card.outputs.filter(({ type }) => type !== 18)[display]?.object,
  }[on];
  return Object.entries(values).map(
    ([name, value]): KmsPropertyValue => ({
      objectId: object?.id ?? 0,
      propertyId: card.propertyId(name),
      value,
    }),
  );
}

function modeset(
  setup: Card,
  framebuffer: number,
  rect = { x: 0, y: 0, width: WIDTH, height: HEIGHT },
  display = 0,
) {
  const { kernel, fd, card } = setup;
  const mode = card.outputs.filter(({ type }) => type !== 18)[display]?.modes[0];
  const MODE_ID = kernel.kmsCreateBlob(fd, mode?.blob ?? new Uint8Array());
  const CRTC_ID = card.crtcs[display]?.id ?? 0;
  const { x, y, width, height } = rect;
  return [
    ...properties(setup, display, { ACTIVE: 1, MODE_ID }, 'crtc'),
    ...properties(setup, display, { CRTC_ID }, 'connector'),
    ...properties(
      setup,
      display,
      {
        FB_ID: framebuffer,
        CRTC_ID,
        CRTC_X: x,
        CRTC_Y: y,
        CRTC_W: width,
        CRTC_H: height,
        SRC_X: 0,
        SRC_Y: 0,
        SRC_W: width * 0x10000,
        SRC_H: height * 0x10000,
      },
      'plane',
    ),
  ];
}

const show = (setup: Card, list: KmsPropertyValue[], flags = 0) =>
  setup.kernel.kmsCommit(setup.fd, { properties: list, flags: flags | DRM_MODE_ATOMIC_ALLOW_MODESET });

describe('a fake card', () => {
  it('shows a framebuffer where the plane is, and black around it', () => {
    const setup = setUp();
    const { framebuffer, buffer } = picture(setup, 0x00_11_22_33, 64, 32);
    show(setup, modeset(setup, framebuffer, { x: 32, y: 16, width: 64, height: 32 }));
    const screen = setup.card.screen();
    expect(screen).toMatchObject({ width: WIDTH, height: HEIGHT });
    if (!screen) throw new Error('off');
    const at = (x: number, y: number) => screenColor(screen, x, y);
    expect([at(31, 16), at(32, 15), at(96, 16), at(32, 48)]).toEqual(Array(4).fill([0, 0, 0]));
    expect([at(32, 16), at(95, 47)]).toEqual(Array(2).fill([0x11, 0x22, 0x33]));
    expect(at(WIDTH, 0)).toBeUndefined();
    expect(setup.card.inodesOnScreen()).toEqual([setup.kernel.dmaBufInode(buffer)]);
  });

  it('flips by hand, one commit at a time', () => {
    const setup = setUp();
    const { kernel, card, fd } = setup;
    const [first, second] = [picture(setup, 1), picture(setup, 2)];
    show(setup, modeset(setup, first.framebuffer));
    const flip = { properties: properties(setup, 0, { FB_ID: second.framebuffer }, 'plane'), flags: FLIP };
    kernel.kmsCommit(fd, flip);
    expect(() => kernel.kmsCommit(fd, flip)).toThrow('EBUSY');
    expect(card.inodesOnScreen()).toEqual([kernel.dmaBufInode(first.buffer)]);
    expect(kernel.kmsReadEvents(fd)).toEqual([]);
    expect([card.flip(), card.flip()]).toEqual([true, false]);
    expect(card.inodesOnScreen()).toEqual([kernel.dmaBufInode(second.buffer)]);
    expect(kernel.kmsReadEvents(fd)).toMatchObject([{ crtcId: card.crtcs[0]?.id }]);
  });

  it('waits for fences before it flips', () => {
    jest.useFakeTimers();
    const setup = setUp({ flips: 'vblank' });
    const { kernel, card, fd } = setup;
    const [first, second] = [picture(setup, 1), picture(setup, 2)];
    show(setup, modeset(setup, first.framebuffer));
    const fence = kernel.addFence(second.buffer, { write: true });
    kernel.kmsCommit(fd, {
      properties: properties(setup, 0, { FB_ID: second.framebuffer }, 'plane'),
      flags: FLIP,
    });
    jest.advanceTimersByTime(100);
    expect(card.inodesOnScreen()).toEqual([kernel.dmaBufInode(first.buffer)]);
    fence.signal();
    jest.advanceTimersByTime(17);
    expect(card.inodesOnScreen()).toEqual([kernel.dmaBufInode(second.buffer)]);
    jest.useRealTimers();
  });

  it('has several displays, each with its own commits', () => {
    const modes = [{ width: WIDTH, height: HEIGHT }];
    const setup = setUp({ displays: [{ modes }, { name: 'HDMI-A-1', modes }] });
    const { kernel, card } = setup;
    const [left, right] = [picture(setup, 1), picture(setup, 2)];
    show(setup, modeset(setup, left.framebuffer, undefined, 0));
    show(setup, modeset(setup, right.framebuffer, undefined, 1), FLIP);
    expect(card.screen(card.crtcs[1]?.id)).toBeUndefined();
    card.flip(card.crtcs[1]?.id);
    expect([card.screen(card.crtcs[0]?.id)?.data[0], card.screen(card.crtcs[1]?.id)?.data[0]]).toEqual([
      1, 2,
    ]);
    expect(card.inodesOnScreen()).toEqual([left.buffer, right.buffer].map((fd) => kernel.dmaBufInode(fd)));
  });

  it('may want its primary plane to cover the mode', () => {
    const setup = setUp({ primaryCoversMode: true });
    const { framebuffer } = picture(setup, 1, 64, 32);
    const small = modeset(setup, framebuffer, { x: 0, y: 0, width: 64, height: 32 });
    expect(() => show(setup, small, DRM_MODE_ATOMIC_TEST_ONLY)).toThrow(
      'DRM_IOCTL_MODE_ATOMIC on /dev/dri/card0: EINVAL',
    );
    show(setup, modeset(setup, picture(setup, 1).framebuffer), DRM_MODE_ATOMIC_TEST_ONLY);
  });

  it('may import contiguous memory only', () => {
    const setup = setUp({ contiguous: true });
    expect(() => picture(setup, 1)).toThrow('DRM_IOCTL_PRIME_FD_TO_HANDLE on /dev/dri/card0: EINVAL');
  });

  it('may know no atomic commits', () => {
    expect(() => setUp({ atomic: false })).toThrow('DRM_IOCTL_SET_CLIENT_CAP on /dev/dri/card0: EOPNOTSUPP');
  });

  it('has an IN_FORMATS blob where it has modifiers', () => {
    const { kernel, card, fd } = setUp({ formats: ['XR24', 'NV12'], modifiers: [0n, 5n] });
    const [plane = 0] = kernel.kmsPlanes(fd);
    const { value = 0 } =
      kernel.kmsProperties(fd, plane, 'plane').find(({ name }) => name === 'IN_FORMATS') ?? {};
    const blob = Buffer.from(kernel.kmsGetBlob(fd, value) ?? []);
    const [, , formats, formatsAt, modifiers, modifiersAt] = Array.from({ length: 6 }, (_, word) =>
      blob.readUInt32LE(word * 4),
    );
    expect([formats, modifiers, blob.byteLength]).toEqual([2, 2, (modifiersAt ?? 0) + 48]);
    expect(blob.readUInt32LE((formatsAt ?? 0) + 4)).toBe(fourcc('NV12'));
    expect(blob.readBigUInt64LE((modifiersAt ?? 0) + 24 + 16)).toBe(5n);
    expect(card.formats).toHaveLength(2);
  });

  it('has one master: someone else’s, while a test says so', () => {
    const setup = setUp();
    const { kernel, card, fd } = setup;
    const list = modeset(setup, picture(setup, 1).framebuffer);
    card.anotherMaster('weston');
    expect(kernel.drmIsMaster(fd)).toBe(false);
    expect(() => show(setup, list)).toThrow('EACCES');
    expect(() => kernel.drmSetMaster(fd)).toThrow('EBUSY');
    card.releaseMaster();
    kernel.drmSetMaster(fd);
    show(setup, list);
  });

  it('is plugged and unplugged', () => {
    const { kernel, card, fd } = setUp();
    const connector = card.connector('HDMI-A-1');
    const id = connector.object.id;
    expect(kernel.kmsConnector(fd, id, false)).toMatchObject({ connection: 1, name: 'HDMI-A-1', type: 11 });
    connector.connected = false;
    expect(kernel.kmsConnector(fd, id, true)).toMatchObject({ connection: 2, modes: [] });
    expect(kernel.readText('/sys/class/drm/card0-HDMI-A-1/status')).toBe('disconnected\n');
    expect(() => card.connector('DP-1')).toThrow('has no connector DP-1');
  });

  it('that nobody has asked knows nothing of its connectors', () => {
    const { kernel, card, fd } = setUp({ probed: false });
    const { id } = card.connector('HDMI-A-1').object;
    expect(card.screen()).toBeUndefined();
    expect(kernel.kmsConnector(fd, id, false)).toMatchObject({ connection: 3, modes: [] });
    expect(kernel.kmsConnector(fd, id, true)).toMatchObject({ connection: 1, encoderId: 0 });
  });

  it('shows the console before the first commit, and after the last client', () => {
    const setup = setUp({ console: true });
    const { kernel, card, fd } = setup;
    const black = card.screen();
    expect(black).toMatchObject({ width: WIDTH, height: HEIGHT });
    show(setup, modeset(setup, picture(setup, 7).framebuffer));
    expect(card.screen()?.data[0]).toBe(7);
    kernel.close(fd);
    expect(card.screen()).toEqual(black);
    expect(card.inodesOnScreen()).toEqual([]);
  });

  it('keeps a picture on screen until it is replaced, and lets go of its memory then', () => {
    const setup = setUp();
    const { kernel, card, fd } = setup;
    const { buffer, framebuffer } = picture(setup, 7);
    show(setup, modeset(setup, framebuffer));
    kernel.close(buffer);
    expect(card.screen()?.data[0]).toBe(7);
    expect(kernel.heapUsed('system')).toBeGreaterThan(0);
    kernel.kmsRemoveFramebuffer(fd, framebuffer);
    expect(card.screen()?.data[0]).toBe(0);
    expect(kernel.heapUsed('system')).toBe(0);
    kernel.close(fd);
    kernel.assertNothingLeft();
  });
});
