#include "synced_buffer.h"

#include <linux/dma-buf.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "fd_table.h"
#include "kernel_error.h"

namespace dmaflow {

namespace {

using Clock = std::chrono::steady_clock;

constexpr char kDmaBufPrefix[] = "/dmabuf:";

bool IsDmaBuf(int fd) { return PathOfOpenFile(fd).rfind(kDmaBufPrefix, 0) == 0; }

ino_t InodeOf(int fd) {
  struct stat status;
  if (::fstat(fd, &status) < 0) throw KernelError("fstat", errno);
  return status.st_ino;
}

}  // namespace

SyncedBuffer::SyncedBuffer(std::vector<Plane> planes) : planes_(std::move(planes)) {
  std::set<ino_t> known;
  for (const Plane& plane : planes_) {
    mappings_.push_back(std::make_unique<Mapping>(plane.fd.get(), plane.length));
    if (IsDmaBuf(plane.fd.get()) && known.insert(InodeOf(plane.fd.get())).second) {
      dma_bufs_.push_back(plane.fd.get());
    }
  }
}

bool SyncedBuffer::WaitReady(bool write, std::chrono::milliseconds timeout) const {
  const auto until = Clock::now() + timeout;
  for (const int fd : dma_bufs_) {
    pollfd request{fd, static_cast<short>(write ? POLLOUT : POLLIN), 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (::poll(&request, 1, static_cast<int>(std::max<int64_t>(left, 0))) <= 0) return false;
  }
  return true;
}

void SyncedBuffer::Sync(int fd, uint64_t flags, SyncCounters& counters) {
  dma_buf_sync request = {};
  request.flags = flags;
  const auto before = Clock::now();
  int error = 0;
  do {
    counters.calls.fetch_add(1);
    error = ::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) < 0 ? errno : 0;
  } while (error == EINTR || error == EAGAIN);
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - before);
  counters.nanoseconds.fetch_add(static_cast<uint64_t>(took.count()));
  if (error) throw KernelError("DMA_BUF_IOCTL_SYNC", error, PathOfOpenFile(fd));
}

void SyncedBuffer::Begin(bool write, SyncCounters& counters) {
  const uint64_t flags = write ? DMA_BUF_SYNC_WRITE : DMA_BUF_SYNC_READ;
  size_t begun = 0;
  try {
    for (; begun < dma_bufs_.size(); ++begun) Sync(dma_bufs_[begun], DMA_BUF_SYNC_START | flags, counters);
  } catch (const KernelError& error) {
    const KernelError first = error;
    while (begun-- > 0) {
      try {
        Sync(dma_bufs_[begun], DMA_BUF_SYNC_END | flags, counters);
      } catch (const KernelError&) {
        // The first error says more.
      }
    }
    throw first;
  }
}

void SyncedBuffer::End(bool write, SyncCounters& counters) {
  const uint64_t flags = write ? DMA_BUF_SYNC_WRITE : DMA_BUF_SYNC_READ;
  std::optional<KernelError> failure;
  for (const int fd : dma_bufs_) {
    try {
      Sync(fd, DMA_BUF_SYNC_END | flags, counters);
    } catch (const KernelError& error) {
      if (!failure) failure = error;
    }
  }
  if (failure) throw *failure;
}

}  // namespace dmaflow
