// The way of frames out of the loop, with credit: to JavaScript, or to native code.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "frame_loop_mailbox.h"
#include "frame_loop_queue.h"
#include "frame_loop_stats.h"
#include "frame_loop_tap_port.h"
#include "frame_loop_types.h"

namespace dmaflow::loop {

// Which frames are due, by their own time: on a grid of `interval` microseconds that the first one taken
// begins, so that jitter does not lower the rate. 0: every frame.
class Pace {
 public:
  explicit Pace(int64_t interval) : interval_(interval) {}
  bool Due(int64_t timestamp) const;
  void Took(int64_t timestamp);

 private:
  int64_t interval_;
  std::optional<int64_t> next_;
};

// One consumer of the frames of a capture or pool. The life of a buffer in it:
//   1. Offer passes over a frame that is not due. It takes a reference, if the queue's reserve allows it,
//   and skips the frame otherwise.
//   2. With credit left the frame is posted to the owner, or to native code (TapPort), and is `held_` from
//   here on. Without, it waits: `latest`
//      keeps one and replaces it by a newer one, `every` keeps up to `max` and skips what comes on top.
//   3. Take gives the reference back (to be dropped, or passed on to a display) and the credit with it.
//   4. PostWaiting moves what waits to 2.
//   5. Close drops what waits; what the owner or the other code holds stays until 3, or until the loop ends.
//
// Belongs to the loop's thread.
class Tap {
 public:
  Tap(uint32_t id, FrameQueue& queue, TapConfig config, TapCounters& counters, Mailbox& mailbox,
      std::shared_ptr<TapPort> port);

  FrameQueue& queue() const { return queue_; }
  void Offer(uint32_t index);
  FrameRef Take(uint32_t index);
  void PostWaiting();
  void Close();
  // Tells native code once that its queue has ended and nothing waits here.
  void ReportEnd();
  // The end of the stream need not wait for this tap.
  bool drained() const { return !config_.drain || waiting_.empty(); }
  // Gets only what other taps pass on to it.
  bool passed() const { return config_.passed; }
  // A stage has frames of it, or will have, that it may pass on.
  bool working() const { return config_.drain && !config_.native && (held_count_ > 0 || !waiting_.empty()); }

 private:
  bool MayPost() const { return held_count_ < config_.max && (!port_ || port_->HasReceiver()); }
  // False where there is no room for it: skipped.
  bool Post(FrameRef frame);
  void Skip() { counters_.skipped.fetch_add(1); }

  uint32_t id_;
  FrameQueue& queue_;
  TapConfig config_;
  TapCounters& counters_;
  Mailbox& mailbox_;
  Pace pace_;
  // Null where the frames go to the owner.
  std::shared_ptr<TapPort> port_;
  std::deque<FrameRef> waiting_;
  // By buffer index.
  std::vector<std::optional<FrameRef>> held_;
  size_t held_count_ = 0;
  bool closed_ = false;
  bool end_reported_ = false;
};

}  // namespace dmaflow::loop
