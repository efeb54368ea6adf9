import { devicesCommand } from '../../../src/cli/devices';
import { FakeKernel } from '../../../src/testing';

function machine(): FakeKernel {
  const kernel = new FakeKernel();
  kernel.addCamera({
    driver: 'uvcvideo',
    card: 'HD Webcam',
    busInfo: 'usb-1',
    multiplanar: true,
    formats: ['YUYV', 'NM12'],
    sizes: [
      [640, 480],
      [1280, 720],
    ],
    fps: [15, 30],
  });
  return kernel;
}

describe('cameras', () => {
  it('are printed as JSON with their formats, sizes and rates', () => {
    const kernel = machine();
    const { stdout, exitCode } = devicesCommand(kernel, { json: true });
    const sizes = [
      { width: 640, height: 480, fps: [30, 15] },
      { width: 1280, height: 720, fps: [30, 15] },
    ];
    expect(JSON.parse(stdout).cameras).toEqual([
      {
        path: '/dev/video0',
        driver: 'uvcvideo',
        card: 'HD Webcam',
        busInfo: 'usb-1',
        multiplanar: true,
        permitted: true,
        formats: [
          { name: 'YUYV', fourcc: 'YUYV', separatePlanes: false, sizes },
          { name: 'NV12', fourcc: 'NM12', separatePlanes: true, sizes },
        ],
        otherFormats: [],
      },
    ]);
    expect(exitCode).toBe(0);
    kernel.assertNothingLeft();
  });

  it('are printed as text, formats of the same sizes together', () => {
    const { stdout } = devicesCommand(machine(), {});
    expect(stdout).toContain(
      [
        '  /dev/video0  HD Webcam (driver uvcvideo, usb-1, multi-planar)',
        '    YUYV, NV12 (separate planes)',
        '      SIZE      FPS',
        '      640x480   30, 15',
        '      1280x720  30, 15',
      ].join('\n'),
    );
  });

  it('give a range of sizes as one', () => {
    const kernel = new FakeKernel();
    const range = {
      minWidth: 16,
      maxWidth: 1920,
      stepWidth: 8,
      minHeight: 16,
      maxHeight: 1080,
      stepHeight: 2,
    };
    kernel.addCamera({ formats: ['YUYV'], sizes: { type: 'stepwise', ...range }, fps: [30] });
    const [camera] = JSON.parse(devicesCommand(kernel, { json: true }).stdout).cameras;
    expect(camera.formats[0].sizes).toEqual([{ ...range, fps: [30] }]);
    expect(devicesCommand(kernel, {}).stdout).toContain('16x16 to 1920x1080  30');
  });

  it('that may not be opened are listed, with a hint', () => {
    const kernel = machine();
    kernel.setPermission('/dev/video0', { readable: false, writable: false });
    const { stdout, stderr } = devicesCommand(kernel, { json: true });
    expect(JSON.parse(stdout).cameras).toMatchObject([{ driver: 'uvcvideo', permitted: false, formats: [] }]);
    expect(stderr).toContain('usermod -aG video');
  });
});

describe('displays', () => {
  function machineWithCards(): FakeKernel {
    const kernel = machine();
    kernel.addCard({ driver: 'vgem', displays: [] });
    kernel.addCard({
      driver: 'vkms',
      displays: [{ name: 'Virtual-1', modes: [{ width: 1280, height: 720, preferred: true }] }],
      formats: ['XR24', 'NV12'],
    });
    return kernel;
  }

  it('are printed as JSON with their connectors and modes; a card without a display is none', () => {
    const kernel = machineWithCards();
    const { displays } = JSON.parse(devicesCommand(kernel, { json: true }).stdout);
    expect(displays).toMatchObject([
      {
        path: '/dev/dri/card1',
        driver: 'vkms',
        permitted: true,
        connectors: [
          {
            name: 'Virtual-1',
            connected: true,
            modes: [{ width: 1280, height: 720, refresh: 60, preferred: true }],
          },
          { name: 'Writeback-1', writeback: true },
        ],
        planes: [{ type: 'Primary', formats: ['XRGB8888', 'NV12'] }],
      },
    ]);
    kernel.assertNothingLeft();
  });

  it('are printed as text', () => {
    expect(devicesCommand(machineWithCards(), {}).stdout).toContain(
      [
        '  /dev/dri/card1  driver vkms',
        '    Virtual-1  connected',
        '      1280x720 60 Hz (preferred)',
        '    Writeback-1  writeback',
        '    formats of the primary plane',
        '      XRGB8888, NV12',
      ].join('\n'),
    );
  });

  it('that may not be opened are listed, with a hint', () => {
    const kernel = machineWithCards();
    kernel.setPermission('/dev/dri/card1', { readable: false, writable: false });
    const { stdout, stderr } = devicesCommand(kernel, { json: true });
    expect(JSON.parse(stdout).displays).toMatchObject([
      { path: '/dev/dri/card1', driver: null, permitted: false },
    ]);
    expect(stderr).toContain('You may not open some cards');
  });
});

it('a machine without devices is no error: empty lists, and stderr says what is missing', () => {
  const { stdout, stderr, exitCode } = devicesCommand(new FakeKernel(), { json: true });
  expect(JSON.parse(stdout)).toEqual({ cameras: [], displays: [] });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('There is no camera');
  expect(stderr).toContain('There is no display');
  expect(devicesCommand(new FakeKernel(), {}).stdout).toBe('Cameras\n  none\n\nDisplays\n  none');
});
