/** Cameras that are not there, are none, are busy, or do not offer what is asked. */
import { readdirSync, renameSync } from 'node:fs';
import {
  KernelError,
  kmsSink,
  NegotiationError,
  Pipeline,
  type PixelFormatName,
  UnsupportedError,
  type V4l2SourceOptions,
} from 'dmaflow';
import { singlePlanarCamera, videoNode } from '../../../support/board/devices';
import { failureOf, smallCamera } from '../../../support/board/pipelines';
import { Program } from '../../../support/board/program';

export function cameraErrors(): void {
  const failureWith = (camera: V4l2SourceOptions) =>
    failureOf(new Pipeline(smallCamera({ frames: 2, ...camera }), kmsSink()));

  it('no such device: lists the cameras there are', async () => {
    const error = await failureWith({ device: '/dev/video99' });
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/dev/video99' });
    expect(error.message).toMatch(/^open on \/dev\/video99: ENOENT\. Cameras: /);
    expect(error.message).toContain(`${singlePlanarCamera()} (driver vivid, card 'vivid')`);
  });

  it('no camera of the driver: lists the cameras there are', async () => {
    const error = await failureWith({ driver: 'unicam' });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(
      /^No camera has driver `unicam`\. Cameras: .*\(driver vivid, card 'vivid'\)/,
    );
  });

  it.each([
    ['a mem2mem device', 'vim2m', 'a mem2mem device (codec, scaler or converter) (driver vim2m)'],
    ['a video output', 'vivid-000-vid-out', 'a video output (driver vivid)'],
  ])('not a capture device: %s', async (_, name, kind) => {
    const device = videoNode(name);
    const error = await failureWith({ device });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toContain(`${device} is no camera: it is ${kind}. Cameras: `);
    expect(error.message).toContain(singlePlanarCamera());
    expect(error.message).not.toContain(`${device} (driver`);
  });

  it('not a video device at all', async () => {
    const error = await failureWith({ device: '/dev/null' });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error.message).toMatch(/^\/dev\/null is no V4L2 device\. Cameras: \/dev\/video\d+ /);
  });

  it('busy: names the program that streams', async () => {
    const device = singlePlanarCamera();
    await using other = new Program('v4l2-ctl', ['-d', device, '--stream-mmap', '--stream-count=100000']);
    await other.says(/</);
    const error = await failureWith({ device });
    expect(error).toMatchObject({ code: 'EBUSY', syscall: 'VIDIOC_S_FMT', path: device });
    expect(error.message).toContain(
      `VIDIOC_S_FMT on ${device}: EBUSY. The camera is in use by v4l2-ctl (pid ${other.pid}): stop it first.`,
    );
  });

  it('format not offered: lists the formats', async () => {
    const error = await failureWith({ format: 'P010' });
    expect(error).toBeInstanceOf(NegotiationError);
    expect(error).toMatchObject({ field: 'format' });
    expect(error.message).toMatch(
      /^camera does not offer P010\. It offers: .*YUYV.* or leave the format out\.$/,
    );
  });

  it('size not offered: lists the sizes', async () => {
    const error = await failureWith({ width: 1234, height: 566, format: 'XRGB8888' });
    expect(error).toMatchObject({ field: 'size' });
    expect(error.message).toMatch(/^camera does not offer 1234x566\. It offers: .*XRGB8888 1280x720/);
    expect(error.message).toContain('or leave the size out');
  });

  it('rate not offered: lists the rates at that size', async () => {
    const error = await failureWith({ width: 1280, height: 720, fps: 100 });
    expect(error).toMatchObject({ field: 'fps' });
    expect(error.message).toContain('does not offer 100 fps at 1280x720 in XRGB8888: it made 60 fps of it');
    expect(error.message).toContain('Rates at this size: 60, 50, 40, 30, 25');
  });

  it('a format that the display does not take: says what each side has', async () => {
    const error = await failureWith({ format: 'SBGGR8' });
    expect(error).toMatchObject({ field: 'format' });
    expect(error.message).toMatch(
      /camera and display have no format in common: camera offers SBGGR8 320x240; display takes /,
    );
    expect(error.message).toContain('Choose another format, put convert() between them');
  });

  it.each([1, 33])('%d buffers, with which no frames would flow', async (buffers) => {
    const error = await failureOf(new Pipeline({ buffers }, smallCamera({ frames: 2 }), kmsSink()));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      `buffers: expected a whole number from 2 to 32, got ${buffers}; left out, it is what the stages need`,
    );
  });

  it('a format that does not exist: suggests names', async () => {
    const error = await failureWith({ format: 'XRGB888' as PixelFormatName });
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toMatch(/^unknown pixel format 'XRGB888'; names near it: XRGB8888/);
  });

  it('a media-controller graph that does not fit: says how to set it up', async () => {
    const device = videoNode('RGB/YUV Capture');
    const error = await failureWith({ device });
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'VIDIOC_STREAMON', path: device });
    expect(error.message).toContain('set them up with `media-ctl`');
  });

  it('no camera at all', async () => {
    const nodes = readdirSync('/dev').filter((name) => /^video\d+$/.test(name));
    for (const node of nodes) renameSync(`/dev/${node}`, `/dev/hidden-${node}`);
    try {
      const error = await failureWith({});
      expect(error).toBeInstanceOf(UnsupportedError);
      expect(error.message).toMatch(
        /^There is no camera: no \/dev\/video\* node captures video\. Plug the camera in, .*`sudo modprobe vivid`/,
      );
    } finally {
      for (const node of nodes) renameSync(`/dev/hidden-${node}`, `/dev/${node}`);
    }
  });
}
