// The buffers of one source of frames, and who holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "frame_loop_epoll.h"
#include "frame_loop_stats.h"
#include "frame_loop_types.h"
#include "unique_fd.h"

namespace dmaflow::loop {

// Who keeps a frame. What taps keep waits for someone outside the loop, so it counts against the queue's
// reserve; what displays keep comes back by itself.
enum class Holder { kDisplay, kTap };

// What captures and pools have in common: a fixed number of buffers, each of which has a frame in it while
// anyone holds a FrameRef to it. The life of a buffer:
//   1. It is outside: with the driver (Capture), free or with its filler (Pool). Nobody here holds it.
//   2. A frame comes in it: SetFrame. Nobody holds it yet.
//   3. Whoever wants the frame makes a FrameRef to it: each link's display one, each tap one.
//   4. The last FrameRef that goes gives it back by Free: back to 1. This is the only way back, so it goes
//   once. Where fences were added (AddFences) it waits for them first: another device still works on it.
//
// Belongs to the loop's thread.
class FrameQueue {
 public:
  virtual ~FrameQueue() { DropFences(); }
  FrameQueue(const FrameQueue&) = delete;
  FrameQueue& operator=(const FrameQueue&) = delete;

  uint32_t id() const { return id_; }
  // What it is in an ErrorEvent.
  virtual Device device() const = 0;
  size_t buffers() const { return slots_.size(); }
  const FrameInfo& info(uint32_t index) const { return slots_[index].info; }

  // Whether a tap may take the frame in `index`, given that it lets go of `instead` at the same time.
  bool TapMayTake(uint32_t index, std::optional<uint32_t> instead = {}) const;
  // Distinct buffers that taps hold.
  size_t tap_held() const { return tap_held_; }

  // Sync_files that have to signal before the buffer is given back. Somebody holds the frame.
  void AddFences(uint32_t index, std::vector<UniqueFd> fences);
  // A fence that a buffer waits for has.
  void BufferFenceSignalled();

  // Whether the end of the stream waits for this queue's.
  virtual bool limited() const = 0;
  // No more frames come.
  virtual bool ended() const = 0;
  const std::optional<KernelError>& failure() const { return failure_; }
  // The first one counts.
  void Fail(const KernelError& error) {
    if (!failure_) failure_ = error;
  }

 protected:
  FrameQueue(uint32_t id, size_t buffers, uint32_t reserve, CaptureCounters& counters, Epoll& epoll)
      : id_(id), reserve_(reserve), counters_(counters), epoll_(epoll), slots_(buffers) {
    counters_.buffers = static_cast<uint32_t>(buffers);
  }

  void SetFrame(uint32_t index, const FrameInfo& info) { slots_[index].info = info; }
  // No fence is waited for any more; the buffers that did stay where they are.
  void DropFences() noexcept;
  // Nobody holds `index` any more.
  virtual void Free(uint32_t index) = 0;
  CaptureCounters& counters() { return counters_; }
  const CaptureCounters& counters() const { return counters_; }

 private:
  friend class FrameRef;

  struct Slot {
    uint32_t displays = 0;
    uint32_t taps = 0;
    FrameInfo info;
    // Of work that is not done. The last one is in the epoll set while the buffer `waits`: nobody holds it.
    std::vector<UniqueFd> fences;
    bool waits = false;
  };

  void Hold(uint32_t index, Holder holder);
  void Drop(uint32_t index, Holder holder);
  // Throws KernelError.
  bool WaitsForFence(uint32_t index);
  void GiveBack(uint32_t index);

  uint32_t id_;
  uint32_t reserve_;
  CaptureCounters& counters_;
  Epoll& epoll_;
  std::vector<Slot> slots_;
  size_t tap_held_ = 0;
  // Buffers that wait for a fence.
  size_t waiting_ = 0;
  std::optional<KernelError> failure_;
};

// One reference to the frame in a queue's buffer. The queue outlives it.
class FrameRef {
 public:
  FrameRef(FrameQueue& queue, uint32_t index, Holder holder)
      : queue_(&queue), index_(index), holder_(holder) {
    queue.Hold(index, holder);
  }
  ~FrameRef() { Reset(); }

  FrameRef(FrameRef&& other) noexcept
      : queue_(std::exchange(other.queue_, nullptr)), index_(other.index_), holder_(other.holder_) {}
  FrameRef& operator=(FrameRef&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    queue_ = std::exchange(other.queue_, nullptr);
    index_ = other.index_;
    holder_ = other.holder_;
    return *this;
  }
  FrameRef(const FrameRef&) = delete;
  FrameRef& operator=(const FrameRef&) = delete;

  FrameQueue& queue() const { return *queue_; }
  uint32_t index() const { return index_; }

 private:
  void Reset() {
    if (FrameQueue* queue = std::exchange(queue_, nullptr)) queue->Drop(index_, holder_);
  }

  FrameQueue* queue_;
  uint32_t index_;
  Holder holder_;
};

}  // namespace dmaflow::loop
