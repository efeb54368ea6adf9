import * as v4l2 from '../native/v4l2';
import type { FakeCameraOptions } from './camera-format';
import type { QueuePlane } from './capture-queue';
import { Errno } from './errno';
import { CameraFile, FakeCamera } from './fake-camera';
import { FakePages } from './fake-dma-buf';
import { FakeMemory } from './fake-memory';
import { fourccName } from './pixels';

const VIDEO_MAJOR = 81;
const BUF_CAPS_MMAP_DMABUF_ORPHANED = 0x1 | 0x4 | 0x10;
const CTRL_TYPE_INTEGER = 1;
const INPUT_TYPE_CAMERA = 2;

/** Third layer: V4L2 cameras. */
export class FakeV4l2 extends FakeMemory implements v4l2.V4l2Kernel {
  readonly cameras: FakeCamera[] = [];

  /** Adds /dev/videoN with its entry in /sys/class/video4linux. */
  addCamera(options: FakeCameraOptions = {}): FakeCamera {
    const path = options.path ?? `/dev/video${this.cameras.length}`;
    const camera = new FakeCamera(path, options, {
      allocate: (size) => this.#allocate(size, options.contiguous ?? true),
      beforeWrite: (pages) => this.#checkWrite(pages, camera),
    });
    this.cameras.push(camera);
    this.tree.addNode(path, camera, VIDEO_MAJOR);
    const sysfs = `/sys/class/video4linux/${path.split('/').pop()}`;
    const { driver, card } = camera.capability;
    this.tree.addText(`${sysfs}/name`, `${card}\n`);
    this.tree.addText(`${sysfs}/index`, '0\n');
    this.tree.addText(`${sysfs}/dev`, () => `${this.tree.node(path)?.status.device}\n`);
    this.tree.addLink(`${sysfs}/device/driver`, `../../../bus/platform/drivers/${driver}`);
    return camera;
  }

  /** Unplugs a camera and takes its node away, as udev does. */
  removeCamera(camera: FakeCamera): void {
    camera.unplug();
    this.tree.remove(camera.path);
    this.tree.remove(`/sys/class/video4linux/${camera.path.split('/').pop()}`);
  }

  v4l2QueryCap(fd: number): v4l2.V4l2Capability {
    return this.#camera('VIDIOC_QUERYCAP', fd, {}, (camera) => camera.capability);
  }

  v4l2EnumFormats(fd: number, type: number, most?: number): v4l2.V4l2FormatDescription[] {
    return this.#camera('VIDIOC_ENUM_FMT', fd, { type }, (camera) => {
      if (type !== camera.type) return [];
      return camera.formats.fourccs.slice(0, most).map((pixelFormat) => ({
        pixelFormat,
        flags: 0,
        description: fourccName(pixelFormat),
      }));
    });
  }

  v4l2EnumFrameSizes(fd: number, pixelFormat: number): v4l2.V4l2FrameSize[] {
    return this.#camera('VIDIOC_ENUM_FRAMESIZES', fd, { pixelFormat }, ({ formats }) =>
      formats.fourccs.includes(pixelFormat) ? formats.sizes.map((size) => ({ ...size })) : [],
    );
  }

  v4l2EnumFrameIntervals(
    fd: number,
    pixelFormat: number,
    width: number,
    height: number,
  ): v4l2.V4l2FrameInterval[] {
    const args = { pixelFormat, width, height };
    return this.#camera('VIDIOC_ENUM_FRAMEINTERVALS', fd, args, ({ formats }) => {
      if (!formats.fourccs.includes(pixelFormat) || !formats.has(width, height)) return [];
      return formats.intervals.map((interval) => ({ type: 'discrete', ...interval }));
    });
  }

  v4l2EnumInputs(fd: number): v4l2.V4l2Input[] {
    return this.#camera('VIDIOC_ENUMINPUT', fd, {}, (camera) =>
      inputs(camera).map((name, index) => ({ index, name, type: INPUT_TYPE_CAMERA, status: 0 })),
    );
  }

  v4l2GetInput(fd: number): number {
    return this.#camera('VIDIOC_G_INPUT', fd, {}, (camera) => {
      if (inputs(camera).length === 0) throw new Errno('ENOTTY');
      return camera.input;
    });
  }

  v4l2SetInput(fd: number, input: number): void {
    this.#camera('VIDIOC_S_INPUT', fd, { input }, (camera) => {
      if (input >= inputs(camera).length) throw new Errno('EINVAL');
      if (input !== camera.input && camera.queue.busy) throw new Errno('EBUSY');
      camera.input = input;
    });
  }

  v4l2GetFormat(fd: number, type: number): v4l2.V4l2Format {
    return this.#camera('VIDIOC_G_FMT', fd, { type }, (camera) => {
      checkType(camera, type);
      return structuredClone(camera.format);
    });
  }

  v4l2SetFormat(fd: number, type: number, format: v4l2.V4l2Format): v4l2.V4l2Format {
    return this.#camera('VIDIOC_S_FMT', fd, { type, format }, (camera) => {
      checkType(camera, type);
      return structuredClone(camera.setFormat(format));
    });
  }

  v4l2TryFormat(fd: number, type: number, format: v4l2.V4l2Format): v4l2.V4l2Format {
    return this.#camera('VIDIOC_TRY_FMT', fd, { type, format }, (camera) => {
      checkType(camera, type);
      return camera.formats.adjust(format);
    });
  }

  v4l2GetFrameInterval(fd: number, type: number): v4l2.V4l2Fraction | undefined {
    return this.#camera('VIDIOC_G_PARM', fd, { type }, (camera) => {
      if (type !== camera.type) throw new Errno('EINVAL');
      return { ...camera.interval };
    });
  }

  v4l2SetFrameInterval(fd: number, type: number, interval: v4l2.V4l2Fraction): v4l2.V4l2Fraction | undefined {
    return this.#camera('VIDIOC_S_PARM', fd, { type, interval }, (camera) => {
      if (type !== camera.type) throw new Errno('EINVAL');
      camera.interval = camera.formats.nearestInterval(interval);
      return { ...camera.interval };
    });
  }

  v4l2RequestBuffers(fd: number, type: number, memory: number, count: number): v4l2.V4l2RequestResult {
    return this.#camera('VIDIOC_REQBUFS', fd, { type, memory, count }, (camera, file) => ({
      count: camera.queue.request(file, type, memory, count, camera.format),
      capabilities: BUF_CAPS_MMAP_DMABUF_ORPHANED,
    }));
  }

  v4l2QueryBuffer(fd: number, type: number, index: number): v4l2.V4l2BufferInfo {
    return this.#camera('VIDIOC_QUERYBUF', fd, { type, index }, (camera) => ({
      index,
      ...camera.queue.info(type, index),
    }));
  }

  v4l2QueueBuffer(
    fd: number,
    type: number,
    memory: number,
    index: number,
    planes: v4l2.V4l2QueuePlane[],
  ): void {
    const syscall = 'VIDIOC_QBUF';
    const given = planes.map(({ fd: dmaBuf, length }, index): QueuePlane => {
      if (memory !== v4l2.V4L2_MEMORY_DMABUF) return { buffer: undefined, length };
      if (dmaBuf === undefined)
        throw new TypeError(`v4l2QueueBuffer: planes[${index}].fd must be the fd of a dma-buf`);
      return { buffer: this.dmaBufArgument(dmaBuf, syscall), length };
    });
    this.#camera(syscall, fd, { type, memory, index }, (camera, file) =>
      camera.queue.queue(file, type, memory, index, given),
    );
  }

  v4l2DequeueBuffer(fd: number, type: number, memory: number): v4l2.V4l2DequeuedBuffer | undefined {
    const { options } = this.file(fd, 'VIDIOC_DQBUF');
    return this.#camera('VIDIOC_DQBUF', fd, { type, memory }, (camera, file) => {
      const buffer = camera.queue.dequeue(file, type);
      if (buffer || options.nonblock) return buffer;
      throw new Error(`VIDIOC_DQBUF on ${camera.path} would wait: open it with nonblock`);
    });
  }

  v4l2ExportBuffer(fd: number, type: number, index: number, plane: number): number {
    return this.#camera('VIDIOC_EXPBUF', fd, { type, index, plane }, (camera, file) => {
      if (camera.options.exportsDmaBufs === false) throw new Errno('ENOTTY');
      camera.queue.checkOwner(file);
      return this.exportPages(camera.queue.pagesToExport(type, index, plane), camera.capability.driver);
    });
  }

  v4l2StreamOn(fd: number, type: number): void {
    this.#camera('VIDIOC_STREAMON', fd, { type }, (camera, file) => camera.start(file, type));
  }

  v4l2StreamOff(fd: number, type: number): void {
    this.#camera('VIDIOC_STREAMOFF', fd, { type }, (camera, file) => camera.stop(file, type));
  }

  v4l2EnumControls(fd: number): v4l2.V4l2Control[] {
    return this.#camera('VIDIOC_QUERYCTRL', fd, {}, ({ controls }) =>
      [...controls]
        .sort(([a], [b]) => a - b)
        .map(([id, { name, minimum, maximum, initial }]) => {
          return {
            id,
            name,
            type: CTRL_TYPE_INTEGER,
            minimum,
            maximum,
            step: 1,
            defaultValue: initial,
            flags: 0,
          };
        }),
    );
  }

  v4l2GetControl(fd: number, id: number): number {
    return this.#camera('VIDIOC_G_CTRL', fd, { id }, (camera) => control(camera, id).value);
  }

  v4l2SetControl(fd: number, id: number, value: number): void {
    this.#camera('VIDIOC_S_CTRL', fd, { id, value }, (camera) => {
      const entry = control(camera, id);
      entry.value = Math.min(entry.maximum, Math.max(entry.minimum, value));
    });
  }

  /** What the frame loop does with a frame of the driver's own buffers, mapped once: START, copy, END. */
  protected copyFrame(
    camera: number,
    index: number,
    bytesUsed: readonly number[],
    targets: readonly number[],
  ): number {
    const sources = this.#camera('copy', camera, { index }, ({ queue }) => queue.ownPages(index));
    let copied = 0;
    for (const [plane, target] of targets.entries()) {
      const bytes = sources[plane]?.bytes.subarray(0, bytesUsed[plane] ?? 0);
      if (!bytes) continue;
      this.write(target, bytes);
      copied += bytes.length;
    }
    return copied;
  }

  override left(): string[] {
    const queues = this.cameras.flatMap(({ path, queue }) => [
      ...(queue.streaming ? [`${path} streams`] : []),
      ...(queue.queued > 0 ? [`${queue.queued} buffers queued on ${path}`] : []),
    ]);
    return [...super.left(), ...queues];
  }

  #camera<R>(
    syscall: string,
    fd: number,
    args: Record<string, unknown>,
    action: (camera: FakeCamera, file: CameraFile) => R,
  ): R {
    return this.ioctl(syscall, fd, CameraFile, args, (file) => {
      if (!file.camera.plugged) throw new Errno('ENODEV');
      return action(file.camera, file);
    });
  }

  #allocate(size: number, contiguous: boolean): FakePages {
    const rounded = Math.ceil(size / this.pageSize) * this.pageSize;
    const region = contiguous ? this.contiguousRegion() : undefined;
    return region?.allocate(rounded) ?? new FakePages(rounded, contiguous, () => {});
  }

  #checkWrite(pages: FakePages, camera: FakeCamera): void {
    if (pages.scanouts > 0) this.violations.push(`${camera.path} wrote into a buffer that is on screen`);
    for (const access of this.accessesOf(pages)) this.violations.push(`${camera.path} wrote while ${access}`);
  }
}

function inputs(camera: FakeCamera): readonly string[] {
  return camera.options.inputs ?? ['Webcam 000-0'];
}

/** As vivid answers for the other planarity. */
function checkType(camera: FakeCamera, type: number): void {
  if (type !== camera.type) throw new Errno('ENOTTY');
}

function control(camera: FakeCamera, id: number): { value: number; minimum: number; maximum: number } {
  const entry = camera.controls.get(id);
  if (!entry) throw new Errno('EINVAL');
  return entry;
}
