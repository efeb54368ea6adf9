import { CaptureDevice } from '../../../../src/devices/v4l2/capture-device';
import { UnsupportedError } from '../../../../src/errors';
import type { V4l2Control } from '../../../../src/native/v4l2';
import { FakeKernel } from '../../../../src/testing';

const BRIGHTNESS = 0x00980900;

function open(overrides: Partial<V4l2Control>[] = []) {
  const kernel = new FakeKernel();
  const camera = kernel.addCamera({
    controls: [{ id: BRIGHTNESS, name: 'Brightness', minimum: 0, maximum: 255, value: 128 }],
  });
  const device = CaptureDevice.open(kernel);
  if (overrides.length > 0) {
    const [base] = kernel.v4l2EnumControls(device.fd);
    if (!base) throw new Error('no control');
    jest.spyOn(kernel, 'v4l2EnumControls').mockReturnValue(overrides.map((each) => ({ ...base, ...each })));
  }
  return { kernel, camera, device };
}

it('gets and sets a control by its name in any case', () => {
  const { camera, device } = open();
  expect(device.getControl('Brightness')).toBe(128);
  device.setControl('brightness', 200);
  expect(camera.controls.get(BRIGHTNESS)?.value).toBe(200);
});

it('lists controls with names as v4l2-ctl prints them', () => {
  const { device } = open([
    { name: 'White Balance, Automatic', type: 2, minimum: 0, maximum: 1, flags: 0x10 },
    { name: 'Integer 64 Bits', type: 5 },
    { name: 'User Controls', type: 6 },
    { name: 'Gone', flags: 0x1 },
  ]);
  expect(device.listControls()).toEqual([
    expect.objectContaining({
      name: 'white_balance_automatic',
      label: 'White Balance, Automatic',
      type: 'boolean',
      inactive: true,
      readOnly: false,
    }),
  ]);
});

it('lists none where the driver has none', () => {
  const { kernel, device } = open();
  kernel.fail('VIDIOC_QUERYCTRL', 'ENOTTY');
  expect(device.listControls()).toEqual([]);
});

it('names the controls there are', () => {
  const { device } = open();
  expect(() => device.getControl('gain')).toThrow('/dev/video0 has no control `gain`. It has: brightness.');
});

it.each([-1, 256, 1.5])('refuses %d, which is out of range', (value) => {
  const { device } = open();
  expect(() => device.setControl('brightness', value)).toThrow(
    new RangeError(`Control \`brightness\` of /dev/video0 takes whole numbers from 0 to 255, got ${value}`),
  );
});

it('takes every bit of a bit mask', () => {
  const { kernel, device } = open([{ type: 8, minimum: 0, maximum: -1 }]);
  const set = jest.spyOn(kernel, 'v4l2SetControl').mockReturnValue();
  device.setControl('brightness', 0x40000000);
  expect(set).toHaveBeenCalledWith(device.fd, BRIGHTNESS, 0x40000000);
});

it('says which control cannot be read or written', () => {
  const { device } = open([{ flags: 0x4 }]);
  expect(() => device.setControl('brightness', 1)).toThrow(UnsupportedError);
  expect(() => device.setControl('brightness', 1)).toThrow('read-only');
  const { device: other } = open([{ flags: 0x40 }]);
  expect(() => other.getControl('brightness')).toThrow('cannot be read');
});

it('says that a control is grabbed while the camera streams', () => {
  const { kernel, device } = open();
  kernel.fail('VIDIOC_S_CTRL', 'EBUSY');
  expect(() => device.setControl('brightness', 1)).toThrow(
    'VIDIOC_S_CTRL on /dev/video0: EBUSY. Control `brightness` cannot change now: set it before the camera streams.',
  );
});
