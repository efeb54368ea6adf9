// A queue of buffers that a program fills.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "frame_loop_epoll.h"
#include "frame_loop_mailbox.h"
#include "frame_loop_queue.h"
#include "frame_loop_stats.h"
#include "frame_loop_types.h"
#include "unique_fd.h"

namespace dmaflow::loop {

// The filler's side of a pool; any thread. It may outlive the loop: then it has no buffers, and what is
// submitted goes nowhere.
class PoolPort {
 public:
  PoolPort(uint32_t pool, uint32_t buffers, std::shared_ptr<Mailbox> mailbox, CaptureCounters& counters);

  // A free buffer, the caller's until Submit or Cancel. Empty where there is none: the listener, or a
  // FreeEvent where there is none, says when there is one.
  std::optional<uint32_t> Acquire();
  // Sends the frame in `index` on its way; with `fence` (a sync_file), when that has signalled, and never
  // before an earlier one. Throws StateError where `index` is not the caller's.
  void Submit(uint32_t index, const FrameInfo& info, UniqueFd fence = UniqueFd());
  // Gives `index` back unused. Throws StateError where it is not the caller's.
  void Cancel(uint32_t index);
  // No more frames: the end of the stream, when all that were submitted have been taken.
  void End();
  // Called on the loop's thread whenever a buffer has become free; must not block. An empty one ends it: no
  // call is under way any more when this returns. Not to be called from a listener.
  void SetListener(std::function<void()> on_free);
  // The loop has stopped: Acquire finds nothing any more.
  bool closed();

  // The loop's side.

  // Nobody holds the frame in `index` any more. True where the owner waits for that.
  bool Freed(uint32_t index);
  void Close();

 private:
  void TakeBack(uint32_t index);
  void GiveBack(uint32_t index);

  const uint32_t pool_;
  const std::shared_ptr<Mailbox> mailbox_;
  // Held while the listener is called.
  std::mutex listener_mutex_;
  std::function<void()> on_free_;
  std::mutex mutex_;
  std::deque<uint32_t> free_;
  // By index: with the filler.
  std::vector<bool> acquired_;
  bool wanted_ = false;
  bool closed_ = false;
  // The loop's; only touched while it is there, that is, until Close.
  CaptureCounters& counters_;
};

// The loop's side. The life of a buffer:
//   1. It is free, and its filler acquires it (PoolPort::Acquire).
//   2. The filler submits it. Where it comes with a fence it waits here, and with it all that come after it.
//   3. Next hands it out as a frame: FrameRefs hold it (see FrameQueue).
//   4. The last FrameRef that goes makes it free: back to 1.
//
// Belongs to the loop's thread.
class Pool : public FrameQueue {
 public:
  Pool(uint32_t id, const PoolConfig& config, std::shared_ptr<PoolPort> port, CaptureCounters& counters,
       Mailbox& mailbox, Epoll& epoll);
  ~Pool() override;

  void Submitted(SubmitCommand& command) { submitted_.push_back(std::move(command)); }
  void EndOfStream() { end_of_stream_ = true; }
  // The next frame in order, which someone must make a FrameRef to. Empty where none is ready.
  std::optional<uint32_t> Next(Clock::time_point now);
  void FenceSignalled();
  // When Next has something to do though nothing happened.
  std::optional<Clock::time_point> Deadline() const;
  void Stop();

  Device device() const override { return Device::kPool; }
  bool limited() const override { return true; }
  bool ended() const override { return end_of_stream_ && submitted_.empty(); }

 private:
  void Free(uint32_t index) override;
  // Whether the fence of the first one is still to come.
  bool FencePending(Clock::time_point now);

  std::shared_ptr<PoolPort> port_;
  Mailbox& mailbox_;
  Epoll& epoll_;
  std::deque<SubmitCommand> submitted_;
  // Since when the fence of the first one is waited for.
  std::optional<Clock::time_point> fence_since_;
  bool end_of_stream_ = false;
  bool stopped_ = false;
};

}  // namespace dmaflow::loop
