#include "frame_loop_display.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dmaflow::loop {

namespace {

constexpr auto kHung = std::chrono::seconds(5);
constexpr auto kBusyRetry = std::chrono::milliseconds(1);
constexpr auto kRepeatAfter = std::chrono::milliseconds(100);

int64_t Microseconds(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

Display::Display(uint32_t id, DisplayConfig config, DisplayCounters& counters, Epoll& epoll, Mailbox& mailbox)
    : id_(id),
      config_(std::move(config)),
      counters_(counters),
      epoll_(epoll),
      requests_(id, epoll, mailbox),
      // By the clock, so that the event of a commit of an earlier loop on this open file is not taken for one
      // of ours: the clock counts faster than commits do.
      token_(static_cast<uint32_t>(Microseconds(Clock::now()))) {}

void Display::Link(uint32_t queue, std::vector<uint32_t> framebuffers) {
  framebuffers_[queue] = std::move(framebuffers);
}

void Display::Show(FrameQueue& queue, uint32_t index, UniqueFd fence) {
  if (failure_ || stopping_) return;
  if (next_) counters_.dropped.fetch_add(1);
  next_ =
      Frame{FrameRef(queue, index, Holder::kDisplay), framebuffers_.at(queue.id())[index], std::move(fence)};
}

void Display::CommitOnce(CommitRequest request) {
  if (failure_ || stopping_) {
    requests_.Answer(request.id, failure_, stopping_);
  } else {
    requests_.Add(std::move(request));
  }
}

void Display::Advance(Clock::time_point now) {
  if (failure_) return;
  if ((pending_ && now - pending_->since >= kHung) || (fenced_ && now - fenced_->since >= kHung)) {
    Fail(KernelError(pending_ ? kAtomicRequest : "poll", ETIMEDOUT));
    return;
  }
  requests_.GiveUpOnFence(now);
  if (pending_ || fenced_ || requests_.awaiting_fence() || stopping_) return;
  if (next_) {
    Frame frame = std::move(*next_);
    next_.reset();
    if (frame.fence && !config_.in_fence_property) {
      WaitForFence(std::move(frame), now);
    } else {
      Commit(std::move(frame), now);
    }
  } else if (on_screen_ && requests_.next() && now - requests_.next()->received >= kRepeatAfter) {
    const FrameRef& shown = on_screen_->reference;
    Commit(Frame{FrameRef(shown.queue(), shown.index(), Holder::kDisplay), on_screen_->framebuffer, {}, true},
           now);
  }
}

std::optional<Clock::time_point> Display::Deadline(Clock::time_point now) const {
  if (failure_ || stopping_) return std::nullopt;
  // What hangs is seen at the next tick.
  if (pending_ || fenced_ || requests_.awaiting_fence()) return std::nullopt;
  if (next_ || busy_since_) return now + kBusyRetry;
  if (on_screen_ && requests_.next()) return requests_.next()->received + kRepeatAfter;
  return std::nullopt;
}

void Display::WaitForFence(Frame frame, Clock::time_point now) {
  frame.since = now;
  try {
    epoll_.Add(frame.fence.get(), {Wait::kInFence, id_});
    fenced_ = std::move(frame);
  } catch (const KernelError& error) {
    Fail(error);
  }
}

void Display::InFenceSignalled(Clock::time_point now) {
  if (!fenced_) return;
  Frame frame = std::move(*fenced_);
  fenced_.reset();
  epoll_.Remove(frame.fence.get());
  frame.fence.reset();
  if (!stopping_) Commit(std::move(frame), now);
}

void Display::Commit(Frame frame, Clock::time_point now) {
  const CommitRequest* const request = requests_.next();
  int32_t out_fence = -1;
  int error = Submit(frame, request, &out_fence);
  if (request && error == 0) requests_.Committed(UniqueFd(out_fence), now);
  if (request && error && error != EBUSY) {
    requests_.Refused(KernelError(kAtomicRequest, error));
    busy_since_.reset();
    // Without the request there is nothing new in a frame that is on the screen already.
    if (frame.repeated) return;
    error = Submit(frame, nullptr, nullptr);
  }
  if (error == 0) {
    Committed(std::move(frame), now);
  } else if (error == EBUSY) {
    Busy(std::move(frame), now);
  } else {
    Fail(KernelError(kAtomicRequest, error));
  }
}

int Display::Submit(const Frame& frame, const CommitRequest* request, int32_t* out_fence) {
  request_.Clear();
  uint32_t flags = DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT;
  if (!modeset_done_) {
    flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
    request_.Add(config_.modeset);
  }
  request_.Add({config_.plane, config_.framebuffer_property, frame.framebuffer});
  if (frame.fence) {
    request_.Add({config_.plane, *config_.in_fence_property, static_cast<uint64_t>(frame.fence.get())});
  }
  if (request) {
    // What is asked for may need a modeset (a writeback connector that is attached to the CRTC): the asker
    // knows.
    flags |= DRM_MODE_ATOMIC_ALLOW_MODESET;
    request_.Add(request->properties);
    if (request->out_fence) {
      request_.Add(
          {request->out_fence->object, request->out_fence->property, reinterpret_cast<uintptr_t>(out_fence)});
    }
  }
  return request_.Commit(fd(), flags, ++token_);
}

void Display::Committed(Frame frame, Clock::time_point now) {
  modeset_done_ = true;
  busy_since_.reset();
  counters_.committed.fetch_add(1);
  // The commit has taken the fence over.
  frame.fence.reset();
  frame.since = now;
  pending_ = std::move(frame);
}

void Display::Busy(Frame frame, Clock::time_point now) {
  if (!busy_since_) busy_since_ = now;
  if (now - *busy_since_ >= kHung) {
    Fail(KernelError(kAtomicRequest, EBUSY));
  } else if (!frame.repeated) {
    if (next_) {
      counters_.dropped.fetch_add(1);
    } else {
      next_ = std::move(frame);
    }
  }
}

bool Display::Flipped(const FlipEvent& flip) {
  if (!flip_pending() || static_cast<uint32_t>(flip.user_data) != token_ ||
      (flip.crtc != 0 && flip.crtc != config_.crtc))
    return false;
  // Some drivers have no time for the first flip after a modeset.
  const int64_t time = flip.timestamp > 0 ? flip.timestamp : Microseconds(Clock::now());
  counters_.last_flip = time;
  if (!pending_->repeated) {
    const FrameInfo& info = pending_->reference.queue().info(pending_->reference.index());
    counters_.shown.fetch_add(1);
    if (info.monotonic) counters_.latency.Record(time - info.timestamp);
  }
  on_screen_ = std::move(pending_);
  pending_.reset();
  requests_.Flipped();
  return true;
}

void Display::Fail(const KernelError& error) {
  if (failure_) return;
  failure_ = error;
  next_.reset();
  if (fenced_) epoll_.Remove(fenced_->fence.get());
  fenced_.reset();
  requests_.AnswerAll(error);
}

void Display::BeginStop() {
  if (std::exchange(stopping_, true)) return;
  next_.reset();
  if (fenced_) epoll_.Remove(fenced_->fence.get());
  fenced_.reset();
  requests_.AnswerAll(std::nullopt);
}

}  // namespace dmaflow::loop
