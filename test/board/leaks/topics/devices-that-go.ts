/** Cameras and displays that fail or go away while frames flow. vivid's own controls inject the faults. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { KernelError, kmsSink, Pipeline } from 'dmaflow';
import { cardOf, singlePlanarCamera } from '../../../support/board/devices';
import { expectNextRun, failureOf, smallCamera } from '../../../support/board/pipelines';
import { until } from '../../../support/board/until';
import { VirtualCard } from '../../../support/board/virtual-card';

/** Whichever call is the next to notice. */
export function unplugged(device: string): RegExp {
  const advice = 'The camera was unplugged, or its driver unloaded: plug it in again, then restart\\.';
  return new RegExp(`VIDIOC_D?QBUF on ${device}: ENODEV\\. ${advice}$`, 'm');
}

export function devicesThatGo(): void {
  const device = singlePlanarCamera();
  const inject = (control: string) => execFileSync('v4l2-ctl', ['-d', device, '-c', `${control}=1`]);

  /** A pipeline that runs, and the error that it will end in. */
  async function running(card = 'vkms') {
    const pipeline = new Pipeline(smallCamera({ device }), kmsSink({ card }));
    await pipeline.start();
    const failure = pipeline.finished.then(
      () => undefined,
      (error: unknown) => error,
    );
    await until('frames', () => pipeline.stats().shown >= 3);
    return { pipeline, failure };
  }

  it('camera pulled out: says so, and runs again when it is back', async () => {
    const { pipeline, failure } = await running();
    await using _owned = pipeline;
    // vivid comes back when the last user has closed it.
    inject('disconnect');
    const error = await failure;
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'ENODEV', path: device });
    expect((error as KernelError).message).toMatch(unplugged(device));
    expect(pipeline.state).toBe('failed');
    await pipeline.stop();
    await expectNextRun();
  });

  it('a driver that gives up', async () => {
    const { pipeline, failure } = await running();
    await using _owned = pipeline;
    inject('inject_fatal_streaming_error');
    const error = await failure;
    expect(error).toMatchObject({ code: 'EIO', path: device });
    expect((error as KernelError).message).toMatch(
      /^VIDIOC_D?QBUF on .*: EIO\. The driver gave up on the camera/,
    );
    await pipeline.stop();
    await expectNextRun();
  });

  it('a damaged frame is counted as lost, and not shown', async () => {
    const { pipeline } = await running();
    await using _owned = pipeline;
    inject('inject_v4l2_buf_flag_error');
    const { shown } = await until('a lost frame', () => pipeline.stats().lost > 0 && pipeline.stats());
    await until('further frames', () => pipeline.stats().shown > shown + 3);
    expect(pipeline.state).toBe('running');
  });

  it.each([
    ['inject_vidioc_reqbufs_error', 'VIDIOC_REQBUFS'],
    ['inject_vidioc_qbuf_error', 'VIDIOC_QBUF'],
    ['inject_vidioc_streamon_error', 'VIDIOC_STREAMON'],
  ])('%s: the start fails as a whole', async (control, syscall) => {
    inject(control);
    // Import alone: a buffer that is refused would lead on to the driver's own.
    const camera = smallCamera({ device, frames: 2, capture: 'import' });
    const error = await failureOf(new Pipeline(camera, kmsSink()));
    expect(error).toMatchObject({ code: 'EINVAL', syscall, path: device });
    await expectNextRun();
  });

  it('display unplugged: the frames flow on, as the kernel keeps the mode', async () => {
    const { path } = cardOf('vkms');
    const status = `/sys/class/drm/${path.slice('/dev/dri/'.length)}-Virtual-1/status`;
    const { pipeline } = await running();
    await using _owned = pipeline;
    writeFileSync(status, 'off');
    try {
      const { shown } = pipeline.stats();
      await until('further frames', () => pipeline.stats().shown > shown + 3, 10);
      await pipeline.stop();
      expect(pipeline.state).toBe('stopped');
    } finally {
      writeFileSync(status, 'detect');
    }
    await expectNextRun();
  });

  it('the whole card pulled out: says so, and another one goes on', async () => {
    using card = new VirtualCard('second');
    const { pipeline, failure } = await running(card.path);
    await using _owned = pipeline;
    card.unplug();
    const error = await failure;
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'DRM_IOCTL_MODE_ATOMIC', path: card.path });
    expect((error as KernelError).message).toContain(
      'the display may have been unplugged or its mode changed. Restart.',
    );
    await pipeline.stop();
    await expectNextRun();
  });
}
