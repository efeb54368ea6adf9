// A frame buffer's memory in this process, for native code that works on its bytes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernel_error.h"
#include "mapping.h"
#include "unique_fd.h"

namespace dmaflow {

// Requests of DMA_BUF_IOCTL_SYNC and the time in them, as one thread makes them and another reads them.
struct SyncCounters {
  std::atomic<uint64_t> calls{0};
  std::atomic<uint64_t> nanoseconds{0};
};

// The memory planes of one buffer, each mapped once, for this object's life. The bytes may be touched between
// Begin and End alone (Documentation/driver-api/dma-buf.rst, CPU access), on one thread at a time.
class SyncedBuffer {
 public:
  struct Plane {
    UniqueFd fd;
    uint64_t length = 0;
  };

  // Throws KernelError. Planes may be of the same dma-buf. What is no dma-buf (a memfd) has no caches to keep
  // in step and is not synced.
  explicit SyncedBuffer(std::vector<Plane> planes);

  uint8_t* data(size_t plane) const { return static_cast<uint8_t*>(mappings_[plane]->data()); }

  // Whether the fences that the access would wait for have signalled; waits for it at most `timeout`.
  bool WaitReady(bool write, std::chrono::milliseconds timeout) const;

  // DMA_BUF_IOCTL_SYNC on each distinct dma-buf, restarted on EINTR and EAGAIN. Throw KernelError; where
  // Begin does, nothing is left begun.
  void Begin(bool write, SyncCounters& counters);
  void End(bool write, SyncCounters& counters);

 private:
  static void Sync(int fd, uint64_t flags, SyncCounters& counters);

  std::vector<Plane> planes_;
  std::vector<std::unique_ptr<Mapping>> mappings_;
  // Borrowed from `planes_`, one for each distinct dma-buf.
  std::vector<int> dma_bufs_;
};

// One access. End throws KernelError; without it, as an exception passes, what END says is lost beside that.
class SyncScope {
 public:
  SyncScope(SyncedBuffer& buffer, bool write, SyncCounters& counters)
      : buffer_(buffer), write_(write), counters_(counters) {
    buffer_.Begin(write_, counters_);
  }
  ~SyncScope() {
    try {
      End();
    } catch (const KernelError&) {
    }
  }
  SyncScope(const SyncScope&) = delete;
  SyncScope& operator=(const SyncScope&) = delete;

  void End() {
    if (!std::exchange(ended_, true)) buffer_.End(write_, counters_);
  }

 private:
  SyncedBuffer& buffer_;
  const bool write_;
  SyncCounters& counters_;
  bool ended_ = false;
};

}  // namespace dmaflow
