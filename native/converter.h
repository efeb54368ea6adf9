// A thread that makes new frames out of others by converting their pixels, without JavaScript.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

#include "frame_exchange.h"
#include "kernel_error.h"
#include "pixel_converter.h"
#include "synced_buffer.h"

namespace dmaflow {

// Where the colour planes of one side's pictures are in the memory planes of its buffers.
struct PictureLayout {
  struct Plane {
    size_t memory = 0;
    uint64_t offset = 0;
    int stride = 0;
  };
  int width = 0;
  int height = 0;
  std::vector<Plane> planes;
};

struct ConverterSide {
  PictureLayout layout;
  // Bytes of a picture, by memory plane.
  std::vector<uint32_t> lengths;
  // By index, as in the capture or pool.
  std::vector<std::unique_ptr<SyncedBuffer>> buffers;

  uint64_t bytes() const { return std::accumulate(lengths.begin(), lengths.end(), uint64_t{0}); }
};

// What has been done so far; each figure is exact.
struct ConverterCounters {
  std::atomic<uint64_t> converted{0};
  // Frames that could not be decoded.
  std::atomic<uint64_t> damaged{0};
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> bytes_written{0};
  SyncCounters sync;
};

// The life of a frame:
//   1. The taker lends it, within its credit: it waits here.
//   2. The thread acquires a buffer of the filler's pool for it, and waits for one where none is free; what
//   comes meanwhile is dropped by the tap's policy.
//   3. Both buffers' fences are waited for, both are opened to the CPU, the pixels converted, both closed.
//   4. The new frame is submitted with the old one's sequence and timestamp, and the old one given back. A
//   damaged one yields no frame: it is counted, and the buffer cancelled.
// After the last frame of a stream that ends the pool is ended too. A request that the kernel refuses ends
// the converter: `on_error` says which.
class Converter {
 public:
  // `on_error` is called on the converter's thread, once at most.
  Converter(const PixelConversion& conversion, ConverterSide from, ConverterSide to,
            std::function<void(const KernelError&)> on_error);
  ~Converter() { Stop(); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // References of its own are taken to both. Once; false afterwards.
  bool Start(const FrameTaker* taker, const FrameFiller* filler);
  // Waits for the frame at work, and lets go of all buffers. Idempotent, on any thread.
  void Stop();

  const ConverterCounters& counters() const { return counters_; }

 private:
  // A counted handle of frame_exchange.h.
  template <typename Handle>
  struct Release {
    void operator()(const Handle* handle) const { handle->release(handle->self); }
  };
  template <typename Handle>
  using Reference = std::unique_ptr<const Handle, Release<Handle>>;

  void Run();
  // Throw KernelError.
  void Work(const ExchangeFrame& frame, uint32_t target);
  bool ConvertPixels(const ExchangeFrame& frame, uint32_t target);
  // False where it was stopped meanwhile.
  bool NextFrame(ExchangeFrame& frame);
  bool AcquireTarget(uint32_t& index);
  bool WaitReady(const SyncedBuffer& buffer, bool write);
  bool stopping();

  PixelConverter pixels_;
  bool compressed_;
  ConverterSide from_;
  ConverterSide to_;
  std::function<void(const KernelError&)> on_error_;
  ConverterCounters counters_;
  Reference<FrameTaker> taker_;
  Reference<FrameFiller> filler_;

  // Of Start and Stop.
  std::mutex life_mutex_;
  bool started_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ExchangeFrame> waiting_;
  bool freed_ = false;
  bool ended_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dmaflow
