#include "frame_loop_tap.h"

#include <utility>

namespace dmaflow::loop {

Tap::Tap(uint32_t id, Capture& capture, TapConfig config, TapCounters& counters, Mailbox& mailbox)
    : id_(id),
      capture_(capture),
      config_(config),
      counters_(counters),
      mailbox_(mailbox),
      held_(capture.buffers()) {}

void Tap::Offer(uint32_t index) {
  if (closed_) return;
  const bool waits = !HasCredit() || !waiting_.empty();
  if (waits && config_.policy == TapPolicy::kEvery && waiting_.size() >= config_.max) {
    Skip();
    return;
  }
  std::optional<uint32_t> replaced;
  if (waits && config_.policy == TapPolicy::kLatest && !waiting_.empty()) replaced = waiting_.front().index();
  if (!capture_.TapMayTake(index, replaced)) {
    Skip();
    return;
  }
  if (replaced) {
    waiting_.clear();
    Skip();
  }
  FrameRef frame(capture_, index, Holder::kTap);
  if (waits) {
    waiting_.push_back(std::move(frame));
  } else {
    Post(std::move(frame));
  }
}

FrameRef Tap::Take(uint32_t index) {
  FrameRef frame = std::move(*held_[index]);
  held_[index].reset();
  --held_count_;
  return frame;
}

void Tap::PostWaiting() {
  while (!waiting_.empty() && HasCredit()) {
    FrameRef frame = std::move(waiting_.front());
    waiting_.pop_front();
    Post(std::move(frame));
  }
}

void Tap::Post(FrameRef frame) {
  const uint32_t index = frame.index();
  if (!mailbox_.PostFrame({id_, capture_.id(), index, capture_.info(index)})) {
    Skip();
    return;
  }
  held_[index] = std::move(frame);
  ++held_count_;
}

void Tap::Close() {
  closed_ = true;
  counters_.skipped.fetch_add(waiting_.size());
  waiting_.clear();
}

}  // namespace dmaflow::loop
