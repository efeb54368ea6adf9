import { Display } from '../../../../src/devices/kms/display';
import { Framebuffers } from '../../../../src/devices/kms/framebuffers';
import { KernelError, UnsupportedError } from '../../../../src/errors';
import type { FakeCardOptions, FakeKernel } from '../../../../src/testing';
import { FakeKernel as Kernel } from '../../../../src/testing';
import { TestPicture } from './fixture';

const SIZE: [number, number] = [640, 480];

function machine(options: FakeCardOptions = {}) {
  const kernel = new Kernel();
  kernel.addHeap('system', { contiguous: false });
  kernel.addHeap('default_cma_region', { contiguous: true });
  const card = kernel.addCard(options);
  return { kernel, card, display: Display.open(kernel) };
}
const requests = (kernel: FakeKernel, ...syscalls: string[]) =>
  kernel.log
    .filter(({ syscall }) => syscalls.includes(syscall))
    .map(({ syscall, args }) => ({ syscall, args }));

describe('Framebuffers', () => {
  it('imports each buffer, and keeps no GEM handle', () => {
    const { kernel, card, display } = machine();
    using first = new TestPicture(kernel, 'XRGB8888', SIZE);
    using second = new TestPicture(kernel, 'XRGB8888', SIZE);
    const framebuffers = Framebuffers.import(display, first.layout, [first, second]);
    expect(new Set(framebuffers.ids).size).toBe(2);
    const inode = (picture: TestPicture) => kernel.dmaBufInode(picture.planes[0]?.fd ?? -1);
    expect(framebuffers.ids.map((id) => card.framebuffer(id)?.inodes)).toEqual([
      [inode(first)],
      [inode(second)],
    ]);
    expect([...card.files].flatMap((file) => [...file.handles])).toEqual([]);
    expect(kernel.requests('DRM_IOCTL_GEM_CLOSE')).toHaveLength(2);

    framebuffers.remove();
    framebuffers.remove();
    expect(kernel.requests('DRM_IOCTL_MODE_RMFB')).toHaveLength(2);
    display.close();
    expect(kernel.left()).toHaveLength(4);
  });

  it('gives all planes of NV12 in one dma-buf the same handle, closed once', () => {
    const { kernel, display } = machine();
    using picture = new TestPicture(kernel, 'NV12', SIZE);
    using framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    expect(framebuffers.ids).toHaveLength(1);
    const names = ['DRM_IOCTL_PRIME_FD_TO_HANDLE', 'DRM_IOCTL_MODE_ADDFB2', 'DRM_IOCTL_GEM_CLOSE'];
    const [prime, add, close, ...more] = requests(kernel, ...names);
    expect([prime?.syscall, add?.syscall, close?.syscall, more]).toEqual([...names, []]);
    expect(add?.args).toMatchObject({
      width: 640,
      height: 480,
      planes: [
        { handle: 1, stride: 640, offset: 0 },
        { handle: 1, stride: 640, offset: 640 * 480 },
      ],
    });
    display.close();
  });

  it('gives each plane of NV12 in two dma-bufs the handle of its own', () => {
    const { kernel, card, display } = machine();
    using picture = new TestPicture(kernel, 'NV12', SIZE, { memoryPlanes: 2 });
    using framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    expect(new Set(card.framebuffer(framebuffers.ids[0] ?? 0)?.inodes).size).toBe(2);
    expect(kernel.requests('DRM_IOCTL_GEM_CLOSE').map(({ args }) => args.handle)).toEqual([1, 2]);
    display.close();
  });

  it('closes a handle once where two fds are of one dma-buf', () => {
    const { kernel, display } = machine();
    using picture = new TestPicture(kernel, 'NV12', SIZE);
    const fd = picture.planes[0]?.fd ?? -1;
    const twin = kernel.dup(fd);
    const layout = {
      ...picture.layout,
      planes: picture.layout.planes.map((p, memory) => ({ ...p, memory })),
    };
    using framebuffers = Framebuffers.import(display, layout, [{ planes: [{ fd }, { fd: twin }] }]);
    expect(framebuffers.ids).toHaveLength(1);
    expect(kernel.requests('DRM_IOCTL_GEM_CLOSE')).toHaveLength(1);
    kernel.close(twin);
    display.close();
  });

  it.each([
    ['no IN_FORMATS blob', undefined, undefined],
    ['LINEAR among the modifiers', [0x0300000000000001n, 0n], 0n],
  ])('passes the modifier for %s', (_case, modifiers, expected) => {
    const { kernel, display } = machine(modifiers ? { modifiers } : {});
    using picture = new TestPicture(kernel, 'XRGB8888', SIZE);
    using framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    expect(framebuffers.ids).toHaveLength(1);
    expect(kernel.requests('DRM_IOCTL_MODE_ADDFB2')[0]?.args.modifier).toBe(expected);
    display.close();
  });

  it('passes no modifier where the card takes none', () => {
    const kernel = new Kernel();
    kernel.addHeap('default_cma_region', { contiguous: true });
    kernel.addCard({ modifiers: [0n] });
    kernel.fail('DRM_IOCTL_GET_CAP', 'EINVAL');
    using display = Display.open(kernel);
    using picture = new TestPicture(kernel, 'XRGB8888', SIZE);
    using _framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    expect(kernel.requests('DRM_IOCTL_MODE_ADDFB2')[0]?.args.modifier).toBeUndefined();
  });

  it('says that a display needs contiguous memory, and undoes what it did', () => {
    const { kernel, card, display } = machine({ driver: 'vc4', contiguous: true });
    using good = new TestPicture(kernel, 'XRGB8888', SIZE);
    using bad = new TestPicture(kernel, 'XRGB8888', SIZE, { heap: 'system' });
    const refused = () => Framebuffers.import(display, good.layout, [good, bad], 'system');
    expect(refused).toThrow(KernelError);
    expect(refused).toThrow(
      'DRM_IOCTL_PRIME_FD_TO_HANDLE on /dev/dri/card0: EINVAL. vc4 needs physically contiguous memory; heap ' +
        '`system` gives scattered pages. Leave the heap out, or use `default_cma_region`.',
    );
    const [file] = card.files;
    expect([file?.handles.size, file?.framebuffers.size]).toEqual([0, 0]);
    display.close();
  });

  it('closes the handles of the planes before the one that fails', () => {
    const { kernel, card, display } = machine();
    using picture = new TestPicture(kernel, 'NV12', SIZE, { memoryPlanes: 2 });
    kernel.fail('DRM_IOCTL_PRIME_FD_TO_HANDLE', 'ENOMEM', { after: 1 });
    expect(() => Framebuffers.import(display, picture.layout, [picture])).toThrow(
      expect.objectContaining({ code: 'ENOMEM' }),
    );
    expect([...card.files][0]?.handles.size).toBe(0);
    display.close();
  });

  it('lists the formats where the card refuses one, and hints at the stride where it knows the format', () => {
    const { kernel, card, display } = machine({ formats: ['XR24', 'RG16'] });
    using nv12 = new TestPicture(kernel, 'NV12', SIZE);
    expect(() => Framebuffers.import(display, nv12.layout, [nv12])).toThrow(
      /^DRM_IOCTL_MODE_ADDFB2 on \/dev\/dri\/card0: EINVAL\. vkms refuses NV12 of 640x480 .*: XRGB8888, RGB565\.$/,
    );
    using xrgb = new TestPicture(kernel, 'XRGB8888', SIZE);
    const narrow = { ...xrgb.layout, planes: [{ memory: 0, offset: 0, stride: 100 }] };
    expect(() => Framebuffers.import(display, narrow, [xrgb])).toThrow(/stride of 100 bytes.*alignment/);
    expect([...card.files][0]?.handles.size).toBe(0);
    display.close();
  });

  it('refuses a format that no display knows, and a plane in memory that is not there', () => {
    const { kernel, display } = machine();
    using picture = new TestPicture(kernel, 'XRGB8888', SIZE);
    expect(() => Framebuffers.import(display, { ...picture.layout, format: 'SRGGB8' }, [picture])).toThrow(
      UnsupportedError,
    );
    const outside = { ...picture.layout, planes: [{ memory: 1, offset: 0, stride: 2560 }] };
    expect(() => Framebuffers.import(display, outside, [picture])).toThrow(RangeError);
    display.close();
  });

  it('takes a framebuffer that the kernel has removed already for removed', () => {
    const { kernel, display } = machine();
    using picture = new TestPicture(kernel, 'XRGB8888', SIZE);
    const framebuffers = Framebuffers.import(display, picture.layout, [picture]);
    kernel.kmsRemoveFramebuffer(display.card.fd, framebuffers.ids[0] ?? 0);
    framebuffers.remove();
    display.close();
  });
});
