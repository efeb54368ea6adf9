// Buffers of a V4L2 queue, single- and multi-planar alike: Documentation/userspace-api/media/v4l/buffer.rst.
// Plain C++, for the functions of the addon and for the frame loop.
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "unique_fd.h"

namespace dmaflow {

// One memory plane of a buffer to queue.
struct V4l2QueuePlane {
  // Of the dma-buf, borrowed; only read for V4L2_MEMORY_DMABUF.
  int fd = -1;
  uint32_t length = 0;
};

struct V4l2Plane {
  uint32_t bytes_used = 0;
  uint32_t length = 0;
  // Into the memory plane. Counted in bytes_used.
  uint32_t data_offset = 0;
  // For mmap of the device; 0 where the memory is not V4L2_MEMORY_MMAP.
  uint32_t mmap_offset = 0;
};

struct V4l2Buffer {
  uint32_t index = 0;
  uint32_t flags = 0;
  uint32_t sequence = 0;
  uint32_t field = 0;
  int64_t timestamp_us = 0;
  size_t plane_count = 0;
  std::array<V4l2Plane, VIDEO_MAX_PLANES> planes;
};

// Whether `type` is one whose buffers have several memory planes.
bool IsMultiplanar(uint32_t type);

// VIDIOC_QUERYBUF. These throw KernelError.
V4l2Buffer QueryBuffer(int fd, uint32_t type, uint32_t index);

// VIDIOC_QBUF. At most VIDEO_MAX_PLANES planes; exactly one for a single-planar type.
void QueueBuffer(int fd, uint32_t type, uint32_t memory, uint32_t index,
                 const std::vector<V4l2QueuePlane>& planes);

// VIDIOC_DQBUF. Nothing where none is ready (EAGAIN on a non-blocking fd).
std::optional<V4l2Buffer> DequeueBuffer(int fd, uint32_t type, uint32_t memory);

// VIDIOC_EXPBUF with O_RDWR | O_CLOEXEC.
UniqueFd ExportBuffer(int fd, uint32_t type, uint32_t index, uint32_t plane);

// VIDIOC_STREAMON and VIDIOC_STREAMOFF.
void StreamOn(int fd, uint32_t type);
void StreamOff(int fd, uint32_t type);

}  // namespace dmaflow
