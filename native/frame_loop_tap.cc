#include "frame_loop_tap.h"

#include <utility>

namespace dmaflow::loop {

Tap::Tap(uint32_t id, FrameQueue& queue, TapConfig config, TapCounters& counters, Mailbox& mailbox,
         std::shared_ptr<TapPort> port)
    : id_(id),
      queue_(queue),
      config_(config),
      counters_(counters),
      mailbox_(mailbox),
      pace_(config.interval),
      port_(std::move(port)),
      held_(queue.buffers()) {}

bool Pace::Due(int64_t timestamp) const {
  if (interval_ == 0 || !next_ || timestamp >= *next_) return true;
  // A driver that counts its time anew.
  return timestamp + interval_ < *next_;
}

void Pace::Took(int64_t timestamp) {
  if (interval_ == 0) return;
  if (!next_ || timestamp < *next_) next_ = timestamp;
  *next_ += (1 + (timestamp - *next_) / interval_) * interval_;
}

void Tap::Offer(uint32_t index) {
  if (closed_) return;
  const int64_t timestamp = queue_.info(index).timestamp;
  if (!pace_.Due(timestamp)) {
    counters_.not_due.fetch_add(1);
    return;
  }
  const bool waits = !MayPost() || !waiting_.empty();
  if (waits && config_.policy == TapPolicy::kEvery && waiting_.size() >= config_.max) {
    Skip();
    return;
  }
  std::optional<uint32_t> replaced;
  if (waits && config_.policy == TapPolicy::kLatest && !waiting_.empty()) replaced = waiting_.front().index();
  if (!queue_.TapMayTake(index, replaced)) {
    Skip();
    return;
  }
  if (replaced) {
    waiting_.clear();
    Skip();
  }
  FrameRef frame(queue_, index, Holder::kTap);
  if (waits) {
    waiting_.push_back(std::move(frame));
  } else if (!Post(std::move(frame))) {
    return;
  }
  pace_.Took(timestamp);
}

FrameRef Tap::Take(uint32_t index) {
  FrameRef frame = std::move(*held_[index]);
  held_[index].reset();
  --held_count_;
  return frame;
}

void Tap::PostWaiting() {
  while (!waiting_.empty() && MayPost()) {
    FrameRef frame = std::move(waiting_.front());
    waiting_.pop_front();
    Post(std::move(frame));
  }
}

bool Tap::Post(FrameRef frame) {
  const uint32_t index = frame.index();
  const FrameEvent event{id_, queue_.id(), index, queue_.info(index)};
  if (port_ ? !port_->Deliver(event) : !mailbox_.PostFrame(event)) {
    Skip();
    return false;
  }
  // The owner counts what it fetches.
  if (port_) counters_.delivered.fetch_add(1);
  held_[index] = std::move(frame);
  ++held_count_;
  return true;
}

void Tap::Close() {
  closed_ = true;
  counters_.skipped.fetch_add(waiting_.size());
  waiting_.clear();
}

void Tap::ReportEnd() {
  if (closed_ || end_reported_ || !port_ || !queue_.ended() || !waiting_.empty()) return;
  end_reported_ = port_->DeliverEnd();
}

}  // namespace dmaflow::loop
