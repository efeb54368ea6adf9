/** What to do when a camera's kernel interface refuses: errors of the kernel, with the next step. */
import { KernelError } from '../../errors';
import type { Kernel } from '../../native/kernel';
import { describeHolders } from '../device-holders';

export interface CaptureErrorContext {
  kernel: Kernel;
  /** Device node. */
  path: string;
  /** The caller's own fd, which does not count as a holder of the device. */
  fd?: number;
  /** Heap that the buffers came from, where they were imported. */
  heap?: string;
}

const NO_SUCH_MEMORY =
  'The driver does not take this kind of buffers, or not in its present format: one that imports no dma-bufs ' +
  '(V4L2_MEMORY_DMABUF) can export its own (V4L2_MEMORY_MMAP).';

/** The same error with the device's path, and what to do about it where that is known. */
export function adviseCapture(error: KernelError, context: CaptureErrorContext): KernelError {
  if (error.advice !== undefined) return error;
  const advice = adviceFor(error, context);
  return advice === undefined ? withPath(error, context.path) : error.advise(advice, context.path);
}

/**
 * Why a camera refused to import a buffer (VIDIOC_QBUF), where the code says. videobuf2's dma-contig allocator
 * answers EFAULT where a buffer's contiguous part is shorter than the image: so for scattered pages behind no IOMMU.
 */
function importAdvice(code: string, heap?: string): string | undefined {
  const choice = 'Leave the heap out, or use `default_cma_region`.';
  const memory = heap === undefined ? 'this memory' : `memory of heap \`${heap}\``;
  if (code === 'EFAULT') {
    return heap === 'system'
      ? `The camera needs physically contiguous memory; heap \`system\` gives scattered pages. ${choice}`
      : `The camera needs physically contiguous memory of the image's whole size, and ${memory} is not. ${choice}`;
  }
  if (code === 'EINVAL') {
    return `The camera cannot use ${memory}, or the buffers are smaller than its image. ${choice}`;
  }
  return undefined;
}

/** How to get at a video node that this user may not open. */
function permissionAdvice(kernel: Kernel, path: string): string {
  const status = kernel.statNode(path);
  const group = status === undefined ? undefined : groupName(kernel, status.gid);
  const rule = 'SUBSYSTEM=="video4linux", GROUP="video", MODE="0660"';
  if (group !== undefined && group !== 'root' && ((status?.mode ?? 0) & 0o060) === 0o060) {
    return `The node belongs to group \`${group}\`: run \`sudo usermod -aG ${group} $USER\` and log in again.`;
  }
  return (
    `Put the udev rule \`${rule}\` into /etc/udev/rules.d/, run \`sudo udevadm control --reload && sudo udevadm ` +
    'trigger`, and be a member of group `video` (`sudo usermod -aG video $USER`, then log in again).'
  );
}

function adviceFor(error: KernelError, context: CaptureErrorContext): string | undefined {
  const { kernel, path, fd, heap } = context;
  switch (error.code) {
    case 'ENODEV':
    case 'ENXIO':
      return 'The camera was unplugged, or its driver unloaded: plug it in again, then restart.';
    case 'EIO':
      return 'The driver gave up on the camera (`dmesg` may say why): start again; if that fails, plug the camera out and in.';
    case 'EACCES':
    case 'EPERM':
      return error.syscall === 'open' ? permissionAdvice(kernel, path) : undefined;
    case 'EBUSY':
      return busyAdvice(kernel, path, fd);
    case 'EPIPE':
    case 'ENOLINK':
      return (
        'The links or formats of the media-controller graph in front of this node do not fit: set them up with ' +
        '`media-ctl` (`media-ctl -p` prints them).'
      );
    case 'ENOMEM':
      return memoryAdvice(kernel);
    case 'ENOSPC':
      return 'The bus has no bandwidth left: choose a smaller size, a lower frame rate, or another USB port.';
    case 'EINVAL':
    case 'EFAULT':
      if (error.syscall === 'VIDIOC_QBUF') return importAdvice(error.code, heap);
      return error.syscall === 'VIDIOC_REQBUFS' ? NO_SUCH_MEMORY : undefined;
    default:
      return undefined;
  }
}

function busyAdvice(kernel: Kernel, path: string, fd: number | undefined): string {
  const holders = describeHolders(kernel, path, fd);
  return holders === undefined
    ? `Another program streams from the camera (\`sudo fuser -v ${path}\` names it): stop it first.`
    : `The camera is in use by ${holders}: stop it first.`;
}

function memoryAdvice(kernel: Kernel): string {
  const free = (name: string) =>
    kernel.readText('/proc/meminfo')?.match(new RegExp(`^${name}: *(\\d+) kB`, 'm'))?.[1];
  const total = free('CmaTotal');
  const cma = total === undefined ? '' : ` (CmaTotal ${total} kB, CmaFree ${free('CmaFree') ?? '?'} kB)`;
  return `The driver has no memory for its buffers${cma}: ask for fewer or smaller ones, or boot with a larger \`cma=\`.`;
}

function withPath(error: KernelError, path: string): KernelError {
  if (error.path !== undefined) return error;
  const located = new KernelError(error.syscall, -error.errno, path);
  located.cause = error;
  return located;
}

function groupName(kernel: Kernel, gid: number): string | undefined {
  const line = kernel
    .readText('/etc/group')
    ?.split('\n')
    .find((entry) => entry.split(':')[2] === `${gid}`);
  return line?.split(':')[0];
}
