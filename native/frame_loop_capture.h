// One capture's buffers, and who holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "frame_loop_stats.h"
#include "frame_loop_types.h"
#include "v4l2_buffer.h"

namespace dmaflow::loop {

// Who keeps a frame. What taps keep waits for JavaScript, so it counts against the capture's reserve; what
// displays keep comes back by itself.
enum class Holder { kDisplay, kTap };

// The queue of one capture device. The life of a buffer:
//   1. Start queues every buffer (VIDIOC_QBUF): it is with the driver.
//   2. Dequeue takes it out with a frame in it (VIDIOC_DQBUF). Nobody holds it yet. A buffer that the driver
//   flags as
//      errored goes back to 1 unseen.
//   3. Whoever wants the frame makes a FrameRef to it: each link's display one, each tap one.
//   4. The last FrameRef that goes queues it again: back to 1. This is the only way back, so it goes once.
//   5. Stop (VIDIOC_STREAMOFF) takes all of them out of the driver. FrameRefs that are left stay valid, and
//   no longer
//      queue anything.
// A request that the kernel refuses ends the capture: `failure` says what it was, the buffers stay where they
// are.
//
// Belongs to the loop's thread.
class Capture {
 public:
  enum class Dequeued { kFrame, kRecycled, kNone };

  Capture(uint32_t id, CaptureConfig config, CaptureCounters& counters);

  // Queues all buffers and starts streaming. Throws KernelError, and then none is left queued.
  void Start();
  // STREAMOFF; what the device says to it no longer matters.
  void Stop() noexcept;

  // Takes one buffer. kFrame: `index` has a frame that someone must make a FrameRef to. kRecycled: it was
  // errored. kNone: nothing is ready, or the device failed.
  Dequeued Dequeue(uint32_t& index);
  // The poll says that the device failed, and VIDIOC_DQBUF has nothing to say about it.
  void FailUnexplained();
  // Tries buffers again that could not be queued for the moment (EAGAIN).
  void RetryQueue();

  uint32_t id() const { return id_; }
  int fd() const { return config_.fd.get(); }
  size_t buffers() const { return slots_.size(); }
  const FrameInfo& info(uint32_t index) const { return slots_[index].info; }

  // Whether a tap may take the frame in `index`, given that it lets go of `instead` at the same time.
  bool TapMayTake(uint32_t index, std::optional<uint32_t> instead = {}) const;
  // Distinct buffers that taps hold.
  size_t tap_held() const { return tap_held_; }

  bool limited() const { return config_.frames != 0; }
  // The limit is reached: nothing is to be dequeued any more.
  bool ended() const { return limited() && counters_.captured.load() >= config_.frames; }
  bool running() const { return streaming_ && !failure_; }
  bool retrying() const { return !retry_.empty(); }
  const std::optional<KernelError>& failure() const { return failure_; }

 private:
  friend class FrameRef;

  struct Slot {
    uint32_t displays = 0;
    uint32_t taps = 0;
    FrameInfo info;
    // As the driver wants them with each QBUF; the same fds always, so that it maps each buffer once.
    std::vector<V4l2QueuePlane> planes;
  };

  void Hold(uint32_t index, Holder holder);
  void Drop(uint32_t index, Holder holder);
  // Nothing where no buffer is ready, or the device failed.
  std::optional<V4l2Buffer> TakeFromDriver();
  // Throws KernelError.
  void Queue(uint32_t index);
  void Requeue(uint32_t index);
  void CountSequence(uint32_t sequence);

  uint32_t id_;
  CaptureConfig config_;
  CaptureCounters& counters_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> retry_;
  size_t tap_held_ = 0;
  std::optional<uint32_t> last_sequence_;
  bool streaming_ = false;
  std::optional<KernelError> failure_;
};

// One reference to the frame in a capture's buffer. The capture outlives it.
class FrameRef {
 public:
  FrameRef(Capture& capture, uint32_t index, Holder holder)
      : capture_(&capture), index_(index), holder_(holder) {
    capture.Hold(index, holder);
  }
  ~FrameRef() { Reset(); }

  FrameRef(FrameRef&& other) noexcept
      : capture_(std::exchange(other.capture_, nullptr)), index_(other.index_), holder_(other.holder_) {}
  FrameRef& operator=(FrameRef&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    capture_ = std::exchange(other.capture_, nullptr);
    index_ = other.index_;
    holder_ = other.holder_;
    return *this;
  }
  FrameRef(const FrameRef&) = delete;
  FrameRef& operator=(const FrameRef&) = delete;

  Capture& capture() const { return *capture_; }
  uint32_t index() const { return index_; }

 private:
  void Reset() {
    if (Capture* capture = std::exchange(capture_, nullptr)) capture->Drop(index_, holder_);
  }

  Capture* capture_;
  uint32_t index_;
  Holder holder_;
};

}  // namespace dmaflow::loop
