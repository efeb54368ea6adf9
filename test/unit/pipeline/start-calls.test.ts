import { kmsSink, Pipeline, v4l2Source } from '../../../src';
import { FakeKernel } from '../../../src/testing';

/** Of the start alone, by the kernel's name for them. */
async function requestsOfStart(kernel: FakeKernel, pipeline: Pipeline): Promise<(syscall: string) => number> {
  const before = kernel.log.length;
  await pipeline.start();
  const requests = kernel.log.slice(before).map(({ syscall }) => syscall);
  await pipeline.stop();
  kernel.assertNothingLeft();
  return (syscall) => requests.filter((each) => each === syscall).length;
}

/** A start waits for each of these calls. */
describe('what a start asks the kernel', () => {
  it('for a camera that is named: the formats once, the sizes of the one that is stated', async () => {
    const { kernel, camera } = FakeKernel.board();
    const source = v4l2Source({ device: camera.path, format: 'XRGB8888', width: 320, height: 180, fps: 30 });
    const count = await requestsOfStart(kernel, new Pipeline({ kernel }, source, kmsSink()));
    // Whether there are any, and all of them.
    expect(count('VIDIOC_ENUM_FMT')).toBe(2);
    expect(count('VIDIOC_ENUM_FRAMESIZES')).toBe(1);
  });

  it('for a display that is named: each connector once, and the properties of each object, but for what others left on the CRTC', async () => {
    const { kernel, display } = FakeKernel.board();
    const source = v4l2Source({ width: 320, height: 180 });
    const count = await requestsOfStart(
      kernel,
      new Pipeline({ kernel }, source, kmsSink({ card: display.path })),
    );
    const { connectors, crtcs, planes } = display;
    expect(count('DRM_IOCTL_MODE_GETCONNECTOR')).toBe(connectors.length);
    expect(count('DRM_IOCTL_MODE_OBJ_GETPROPERTIES')).toBe(
      connectors.length + crtcs.length + planes.length + 1,
    );
  });
});
