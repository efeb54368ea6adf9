#include "frame_loop_copy.h"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dmaflow::loop {

namespace {

void Sync(int fd, uint64_t flags) {
  dma_buf_sync request = {};
  request.flags = flags;
  while (::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) < 0) {
    // A memfd is no dma-buf: no device has caches to keep in step with.
    if (errno == ENOTTY) return;
    if (errno != EINTR && errno != EAGAIN) throw KernelError("DMA_BUF_IOCTL_SYNC", errno);
  }
}

std::vector<std::vector<MappedPlane>> Map(const std::vector<std::vector<BufferPlane>>& buffers, int device) {
  std::vector<std::vector<MappedPlane>> mapped;
  for (const auto& buffer : buffers) {
    std::vector<MappedPlane>& planes = mapped.emplace_back();
    for (const BufferPlane& plane : buffer) {
      // The driver's buffers are places in the device's file.
      if (device >= 0) {
        planes.emplace_back(device, plane.length, plane.offset, PROT_READ);
      } else {
        planes.emplace_back(plane.fd.get(), plane.length, 0, PROT_READ | PROT_WRITE);
      }
    }
  }
  return mapped;
}

}  // namespace

MappedPlane::MappedPlane(int fd, size_t length, size_t offset, int protection)
    : data_(::mmap(nullptr, length, protection, MAP_SHARED, fd, static_cast<off_t>(offset))),
      length_(length) {
  if (data_ == MAP_FAILED) throw KernelError("mmap", errno);
}

MappedPlane::~MappedPlane() {
  if (data_) ::munmap(data_, length_);
}

MappedPlane::MappedPlane(MappedPlane&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), length_(other.length_) {}

FrameCopier::FrameCopier(const CaptureConfig& config)
    : config_(config), sources_(Map(config.buffers, config.fd.get())), targets_(Map(config.copy_into, -1)) {
  for (uint32_t index = 0; index < targets_.size(); ++index) free_.push_back(index);
}

std::optional<uint32_t> FrameCopier::Copy(const V4l2Buffer& buffer) {
  if (free_.empty()) return std::nullopt;
  const uint32_t target = free_.front();
  bytes_ = CopyPlanes(buffer, target);
  free_.erase(free_.begin());
  return target;
}

uint64_t FrameCopier::CopyPlanes(const V4l2Buffer& buffer, uint32_t target) {
  const std::vector<MappedPlane>& from = sources_[buffer.index];
  const std::vector<MappedPlane>& to = targets_[target];
  uint64_t bytes = 0;
  const size_t planes = std::min({buffer.plane_count, from.size(), to.size()});
  for (size_t plane = 0; plane < planes; ++plane) {
    const size_t used =
        std::min({size_t{buffer.planes[plane].bytes_used}, from[plane].length(), to[plane].length()});
    const int fd = config_.copy_into[target][plane].fd.get();
    Sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
    std::memcpy(to[plane].data(), from[plane].data(), used);
    Sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
    bytes += used;
  }
  return bytes;
}

}  // namespace dmaflow::loop
