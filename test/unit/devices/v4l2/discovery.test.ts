import { findCamera, listCameras } from '../../../../src/devices/v4l2/discovery';
import { KernelError, UnsupportedError } from '../../../../src/errors';
import { FakeKernel } from '../../../../src/testing';

const STREAMING = 0x04000000;
const CAPTURE = 0x1;
const OUTPUT = 0x2;
const META_CAPTURE = 0x00800000;
const MEM2MEM_MPLANE = 0x4000;
const MEDIA_CONTROLLER = 0x20000000;

function thrown(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('listCameras', () => {
  it('lists capture nodes in the order of their numbers, and nothing else', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video10', driver: 'uvcvideo', card: 'HD Webcam', busInfo: 'usb-1' });
    kernel.addCamera({ path: '/dev/video2', driver: 'vivid', multiplanar: true });
    kernel.addCamera({ path: '/dev/video3', deviceCaps: OUTPUT | STREAMING });
    kernel.addCamera({ path: '/dev/video4', deviceCaps: MEM2MEM_MPLANE | STREAMING });
    kernel.addCamera({ path: '/dev/video5', deviceCaps: META_CAPTURE | STREAMING });
    kernel.addCamera({ path: '/dev/video6', deviceCaps: CAPTURE | OUTPUT | STREAMING });
    kernel.addCamera({ path: '/dev/video7', deviceCaps: CAPTURE });

    expect(listCameras(kernel)).toEqual([
      {
        path: '/dev/video2',
        driver: 'vivid',
        card: 'vivid',
        busInfo: 'platform:vivid-000',
        bufferType: 9,
        multiplanar: true,
        permitted: true,
      },
      {
        path: '/dev/video10',
        driver: 'uvcvideo',
        card: 'HD Webcam',
        busInfo: 'usb-1',
        bufferType: 1,
        multiplanar: false,
        permitted: true,
      },
    ]);
    kernel.assertNothingLeft();
  });

  it('leaves out a capture node that offers no format', () => {
    const kernel = new FakeKernel();
    kernel.addCamera();
    jest.spyOn(kernel, 'v4l2EnumFormats').mockReturnValue([]);
    expect(listCameras(kernel)).toEqual([]);
    expect(() => findCamera(kernel, { device: '/dev/video0' })).toThrow(
      'a capture device that offers no format',
    );
  });

  it('tells of a node that may not be opened what sysfs tells', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0', driver: 'uvcvideo', card: 'HD Webcam' });
    kernel.setPermission('/dev/video0', { readable: false, writable: false });

    expect(listCameras(kernel)).toEqual([
      expect.objectContaining({
        path: '/dev/video0',
        driver: 'uvcvideo',
        card: 'HD Webcam',
        bufferType: undefined,
        permitted: false,
      }),
    ]);
  });

  it('leaves out a node that may not be opened and that udev knows as no capture device', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0' });
    kernel.addCamera({ path: '/dev/video1' });
    for (const path of ['/dev/video0', '/dev/video1']) {
      kernel.setPermission(path, { readable: false, writable: false });
    }
    const [capture, other] = ['/dev/video0', '/dev/video1'].map((path) => kernel.statNode(path)?.device);
    kernel.addText(`/run/udev/data/c${capture}`, 'E:ID_V4L_VERSION=2\nE:ID_V4L_CAPABILITIES=:capture:\n');
    kernel.addText(`/run/udev/data/c${other}`, 'E:ID_V4L_CAPABILITIES=:video_output:\n');

    expect(listCameras(kernel).map(({ path }) => path)).toEqual(['/dev/video0']);
  });

  it('passes over a node that is gone when it is opened', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0' });
    kernel.addCamera({ path: '/dev/video1' });
    kernel.fail('open', 'ENODEV', { path: '/dev/video0' });

    expect(listCameras(kernel).map(({ path }) => path)).toEqual(['/dev/video1']);
  });

  it('is empty where there is no camera', () => {
    expect(listCameras(new FakeKernel())).toEqual([]);
  });
});

describe('findCamera', () => {
  function machine(): FakeKernel {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0', driver: 'uvcvideo', card: 'HD Webcam C525' });
    kernel.addCamera({ path: '/dev/video1', deviceCaps: OUTPUT | STREAMING, driver: 'vivid' });
    kernel.addCamera({ path: '/dev/video2', driver: 'vivid', card: 'vivid' });
    kernel.addCamera({ path: '/dev/video3', driver: 'vivid', card: 'vivid two' });
    kernel.addCamera({ path: '/dev/video4', driver: 'uvcvideo', card: 'HD Webcam' });
    return kernel;
  }

  it.each([
    [{}, '/dev/video0'],
    [{ device: '/dev/video2' }, '/dev/video2'],
    [{ driver: 'vivid' }, '/dev/video2'],
    [{ card: 'vivid' }, '/dev/video2'],
    [{ card: 'VIVID TWO' }, '/dev/video3'],
    [{ card: 'webcam' }, '/dev/video0'],
    [{ card: 'HD Webcam' }, '/dev/video4'],
    [{ driver: 'vivid', card: 'two' }, '/dev/video3'],
    [{ device: '/dev/video3', driver: 'vivid' }, '/dev/video3'],
  ])('%j is %s', (selector, path) => {
    const kernel = machine();
    expect(findCamera(kernel, selector).path).toBe(path);
    kernel.assertNothingLeft();
  });

  it('prefers a camera that needs no media-controller set-up, and one that may be opened', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0', deviceCaps: CAPTURE | STREAMING | MEDIA_CONTROLLER });
    kernel.addCamera({ path: '/dev/video1' });
    kernel.addCamera({ path: '/dev/video2' });
    kernel.setPermission('/dev/video1', { readable: false, writable: false });

    expect(findCamera(kernel).path).toBe('/dev/video2');
  });

  it('names the cameras there are when the device does not exist', () => {
    const error = thrown(() => findCamera(machine(), { device: '/dev/video9' }));
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/dev/video9' });
    expect(error.message).toBe(
      "open on /dev/video9: ENOENT. Cameras: /dev/video0 (driver uvcvideo, card 'HD Webcam C525'); " +
        "/dev/video2 (driver vivid, card 'vivid'); /dev/video3 (driver vivid, card 'vivid two'); " +
        "/dev/video4 (driver uvcvideo, card 'HD Webcam').",
    );
  });

  it('names the cameras there are when no driver or card fits', () => {
    expect(() => findCamera(machine(), { driver: 'unicam' })).toThrow(
      /^No camera has driver `unicam`\. Cameras: \/dev\/video0 .*\/dev\/video2/,
    );
    expect(() => findCamera(machine(), { driver: 'vivid', card: 'imx' })).toThrow(
      /^No camera has driver `vivid` and card `imx`\. Cameras: /,
    );
  });

  it('refuses a path that is not of the driver asked for', () => {
    expect(() => findCamera(machine(), { device: '/dev/video0', driver: 'vivid' })).toThrow(
      /^\/dev\/video0 \(driver uvcvideo, card 'HD Webcam C525'\) does not have driver `vivid`/,
    );
  });

  it.each([
    [OUTPUT | STREAMING, 'a video output'],
    [MEM2MEM_MPLANE | STREAMING, 'a mem2mem device'],
    [CAPTURE | OUTPUT | STREAMING, 'a mem2mem device'],
    [META_CAPTURE | STREAMING, 'a metadata capture node'],
    [CAPTURE, 'a capture device without streaming'],
  ])('says what a node is that is no camera (%i: %s)', (deviceCaps, kind) => {
    const kernel = machine();
    kernel.addCamera({ path: '/dev/video9', driver: 'codec', deviceCaps });
    const error = thrown(() => findCamera(kernel, { device: '/dev/video9' }));
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toContain(`/dev/video9 is no camera: it is ${kind}`);
    expect(error.message).toContain('Cameras: /dev/video0 ');
    kernel.assertNothingLeft();
  });

  it('says so where the path is no V4L2 device', () => {
    const kernel = machine();
    kernel.addText('/dev/null', '');
    expect(() => findCamera(kernel, { device: '/dev/null' })).toThrow(
      /^\/dev\/null is no V4L2 device\. Cameras: /,
    );
    kernel.assertNothingLeft();
  });

  it('prints the udev rule where the node is root only, and the group where it has one', () => {
    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0' });
    kernel.setPermission('/dev/video0', { readable: false, writable: false });
    const error = thrown(() => findCamera(kernel));
    expect(error).toMatchObject({ code: 'EACCES', path: '/dev/video0' });
    expect(error.message).toContain('SUBSYSTEM=="video4linux", GROUP="video", MODE="0660"');

    kernel.setPermission('/dev/video0', { gid: 44, mode: 0o660 });
    kernel.addText('/etc/group', 'root:x:0:\nvideo:x:44:pi\n');
    expect(() => findCamera(kernel, { device: '/dev/video0' })).toThrow(
      'open on /dev/video0: EACCES. The node belongs to group `video`: run `sudo usermod -aG video $USER`',
    );
  });

  it('says which layer is missing where there is no camera at all', () => {
    expect(() => findCamera(new FakeKernel())).toThrow(
      /no V4L2 driver is loaded.*modprobe uvcvideo.*CONFIG_VIDEO_DEV/,
    );

    const kernel = new FakeKernel();
    kernel.addCamera({ path: '/dev/video0', deviceCaps: OUTPUT | STREAMING });
    expect(() => findCamera(kernel)).toThrow(/no \/dev\/video\* node captures video.*media-ctl -p/);
  });
});
