/** The buffers of a camera's queue: imported from a heap, or the driver's own, exported. */
import type { FrameBuffer } from '../../allocators/buffer-pool';
import type { CaptureConfig } from '../../native/frame-loop';
import { V4L2_MEMORY_DMABUF, V4L2_MEMORY_MMAP } from '../../native/v4l2';
import type { BufferMemory, CaptureDevice } from './capture-device';

export interface QueueBuffers {
  memory: BufferMemory;
  /** By V4L2 index; fds are borrowed. */
  buffers: CaptureConfig['buffers'];
  /** Bytes before the picture, by memory plane. */
  dataOffset: number[];
}

/**
 * Requests buffers for import and lets the driver take each of the given ones, as far as it grants so many.
 * @throws KernelError of the buffer that it refuses, with nothing requested any more.
 */
export function importBuffers(
  camera: CaptureDevice,
  buffers: readonly FrameBuffer[],
  heap: string | undefined,
): QueueBuffers {
  const granted = camera.requestBuffers(V4L2_MEMORY_DMABUF, buffers.length);
  return orRelease(camera, () => {
    const queue = buffers.slice(0, granted).map(({ planes }) => ({
      planes: planes.map(({ fd, length }) => ({ fd, length })),
    }));
    const dataOffset = camera.prepareBuffers(
      queue.map(({ planes }) => planes),
      heap,
    );
    return { memory: V4L2_MEMORY_DMABUF, buffers: queue, dataOffset };
  });
}

/**
 * Lets the driver allocate buffers, about `count`, and exports each memory plane; the fds are the caller's to close.
 * @throws KernelError with nothing requested and no fd open.
 */
export function exportBuffers(
  camera: CaptureDevice,
  count: number,
  memoryPlanes: number,
): QueueBuffers & { fds: number[][] } {
  const queue = requestOwnBuffers(camera, count);
  return orRelease(camera, () => ({
    ...queue,
    fds: camera.exportBuffers(queue.buffers.length, memoryPlanes),
  }));
}

/**
 * Lets the driver allocate buffers, about `count`, with the place of each memory plane for mmap.
 * @throws KernelError with nothing requested.
 */
export function requestOwnBuffers(camera: CaptureDevice, count: number): QueueBuffers {
  const granted = camera.requestBuffers(V4L2_MEMORY_MMAP, count);
  return orRelease(camera, () => {
    const buffers = Array.from({ length: granted }, (_, index) => ({
      planes: camera.queryBuffer(index).planes.map(({ length, offset }) => ({ length, offset })),
    }));
    const dataOffset = camera.prepareBuffers(buffers.map(({ planes }) => planes));
    return { memory: V4L2_MEMORY_MMAP, buffers, dataOffset };
  });
}

function orRelease<T>(camera: CaptureDevice, action: () => T): T {
  try {
    return action();
  } catch (error) {
    camera.releaseBuffers();
    throw error;
  }
}
