#include "frame_loop_thread.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dmaflow::loop {

namespace {

constexpr auto kQueueRetry = std::chrono::milliseconds(1);

// The highest priority from 10 down that RLIMIT_RTPRIO (or CAP_SYS_NICE) allows: above everything ordinary,
// below the kernel's interrupt threads.
bool BecomeRealtime() {
  for (int priority = 10; priority >= 1; --priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    if (::pthread_setschedparam(::pthread_self(), SCHED_RR, &parameters) == 0) return true;
  }
  return false;
}

void Sooner(std::optional<Clock::time_point>& deadline, std::optional<Clock::time_point> other) {
  if (other && (!deadline || *other < *deadline)) deadline = other;
}

}  // namespace

LoopThread::LoopThread(std::shared_ptr<Mailbox> mailbox, Counters& counters)
    : mailbox_(std::move(mailbox)), counters_(counters) {
  epoll_.Add(mailbox_->fd(), {Wait::kCommands});
  epoll_.Add(ticker_.fd(), {Wait::kTick});
}

void LoopThread::AddCapture(CaptureConfig config) {
  const auto id = static_cast<uint32_t>(queues_.size());
  auto capture = std::make_unique<Capture>(id, std::move(config), counters_.captures[id], epoll_);
  captures_[id] = capture.get();
  AddQueue(std::move(capture));
}

void LoopThread::AddPool(const PoolConfig& config, std::shared_ptr<PoolPort> port) {
  const auto id = static_cast<uint32_t>(queues_.size());
  auto pool = std::make_unique<Pool>(id, config, std::move(port), counters_.captures[id], *mailbox_, epoll_);
  pools_[id] = pool.get();
  AddQueue(std::move(pool));
}

void LoopThread::AddQueue(std::unique_ptr<FrameQueue> queue) {
  queues_.push_back(std::move(queue));
  queue_reported_.push_back(false);
  links_.emplace_back();
}

void LoopThread::AddDisplay(DisplayConfig config) {
  const auto id = static_cast<uint32_t>(displays_.size());
  displays_.push_back(
      std::make_unique<Display>(id, std::move(config), counters_.displays[id], epoll_, *mailbox_));
  display_reported_.push_back(false);
}

void LoopThread::Link(uint32_t queue, uint32_t display, std::vector<uint32_t> framebuffers, bool direct) {
  Display* const target = displays_[display].get();
  target->Link(queue, std::move(framebuffers));
  std::vector<Display*>& links = links_[queue];
  if (direct && std::find(links.begin(), links.end(), target) == links.end()) links.push_back(target);
}

void LoopThread::Run() {
  ::pthread_setname_np(::pthread_self(), "dmaflow-loop");
  counters_.realtime = BecomeRealtime();
  std::optional<ErrorEvent> failure = StartCaptures();
  const bool started = !failure;
  mailbox_->Post(StartEvent{std::move(failure)});
  if (started) Serve();
  Finish();
  mailbox_->Post(StopEvent{});
}

std::optional<ErrorEvent> LoopThread::StartCaptures() {
  for (const auto& display : displays_) {
    try {
      epoll_.Add(display->fd(), {Wait::kDisplay, display->id()});
    } catch (const KernelError& error) {
      return ErrorEvent{Device::kDisplay, display->id(), error};
    }
  }
  for (const auto& [id, capture] : captures_) {
    try {
      capture->Start();
      // Only now: a queue that is not streaming polls as an error.
      epoll_.Add(capture->fd(), {Wait::kCapture, id});
    } catch (const KernelError& error) {
      return ErrorEvent{Device::kCapture, id, error};
    }
  }
  return std::nullopt;
}

void LoopThread::Serve() {
  for (;;) {
    const auto before = Clock::now();
    if (stop_by_ && (before >= *stop_by_ || !FlipsPending())) return;
    epoll_.Sleep(Deadline(before), ready_);
    const auto now = Clock::now();
    // What frees buffers and screens comes before what fills them.
    for (const Ready& ready : ready_) {
      switch (ready.key.kind) {
        case Wait::kCommands:
          HandleCommands();
          break;
        case Wait::kTick:
          ticker_.Read();
          break;
        case Wait::kDisplay:
          HandleDisplay(*displays_[ready.key.id], ready.failed);
          break;
        case Wait::kInFence:
          displays_[ready.key.id]->InFenceSignalled(now);
          break;
        case Wait::kOutFence:
          displays_[ready.key.id]->OutFenceSignalled();
          break;
        case Wait::kPoolFence:
          pools_[ready.key.id]->FenceSignalled();
          break;
        case Wait::kBufferFence:
          queues_[ready.key.id]->BufferFenceSignalled();
          break;
        case Wait::kCapture:
          break;
      }
    }
    for (const Ready& ready : ready_) {
      if (ready.key.kind == Wait::kCapture) HandleCapture(*captures_[ready.key.id], ready.failed);
    }
    for (const auto& [id, pool] : pools_) HandlePool(*pool, now);
    for (const auto& [id, capture] : captures_) capture->RetryQueue();
    for (const auto& display : displays_) display->Advance(now);
    for (Tap& tap : taps_) ReportEnd(tap);
    ReportFailures();
    ReportEnd();
  }
}

void LoopThread::Finish() {
  for (const auto& [id, capture] : captures_) {
    epoll_.Remove(capture->fd());
    capture->Stop();
  }
  for (const auto& [id, pool] : pools_) pool->Stop();
  for (const auto& display : displays_) {
    display->BeginStop();
    epoll_.Remove(display->fd());
  }
  for (Tap& tap : taps_) tap.Close();
  taps_.clear();
  displays_.clear();
  captures_.clear();
  pools_.clear();
  queues_.clear();
}

void LoopThread::HandleDisplay(Display& display, bool failed) {
  flips_.clear();
  int error = ReadFlips(display.fd(), flips_);
  if (failed && flips_.empty() && error == 0) error = EIO;
  // Displays may share the file: whose event it is, is in the event.
  for (const FlipEvent& flip : flips_) {
    for (const auto& each : displays_) {
      if (each->Flipped(flip)) break;
    }
  }
  if (error) display.Fail(KernelError("read", error));
}

void LoopThread::HandleCapture(Capture& capture, bool failed) {
  if (stop_by_ || capture.ended()) return;
  // One: the epoll set comes back at once where there are more, and is asked in any case.
  uint32_t index = 0;
  const Capture::Dequeued dequeued = capture.Dequeue(index);
  if (dequeued == Capture::Dequeued::kFrame) Distribute(capture, index);
  if (failed && dequeued == Capture::Dequeued::kNone) capture.FailUnexplained();
  if (capture.ended()) epoll_.Remove(capture.fd());
}

void LoopThread::HandlePool(Pool& pool, Clock::time_point now) {
  while (!stop_by_) {
    const std::optional<uint32_t> index = pool.Next(now);
    if (!index) return;
    Distribute(pool, *index);
  }
}

void LoopThread::ReportEnd(Tap& tap) {
  // What others still have they may pass on.
  const auto may_pass = [&](const Tap& other) { return &other.queue() == &tap.queue() && other.working(); };
  if (tap.passed() && std::any_of(taps_.begin(), taps_.end(), may_pass)) return;
  tap.ReportEnd();
}

void LoopThread::Distribute(FrameQueue& queue, uint32_t index) {
  // Keeps it here until all have had their chance, and gives it back where nobody took it.
  const FrameRef frame(queue, index, Holder::kDisplay);
  for (Display* display : links_[queue.id()]) display->Show(queue, index, UniqueFd());
  for (Tap& tap : taps_) {
    if (&tap.queue() == &queue && !tap.passed()) tap.Offer(index);
  }
}

void LoopThread::ReportFailures() {
  for (const auto& queue : queues_) {
    const uint32_t id = queue->id();
    if (!queue->failure() || queue_reported_[id]) continue;
    queue_reported_[id] = true;
    if (const auto capture = captures_.find(id); capture != captures_.end()) {
      epoll_.Remove(capture->second->fd());
    }
    mailbox_->Post(ErrorEvent{queue->device(), id, *queue->failure()});
  }
  for (const auto& display : displays_) {
    if (!display->failure() || display_reported_[display->id()]) continue;
    display_reported_[display->id()] = true;
    epoll_.Remove(display->fd());
    mailbox_->Post(ErrorEvent{Device::kDisplay, display->id(), *display->failure()});
  }
}

void LoopThread::ReportEnd() {
  if (stop_by_) return;
  const bool was_over = std::exchange(over_, Over());
  // Again only after something was shown in between.
  if (over_ && !was_over) mailbox_->Post(EndEvent{});
}

bool LoopThread::Over() const {
  bool any = false;
  for (const auto& queue : queues_) {
    if (!queue->limited()) continue;
    if (!queue->ended()) return false;
    any = true;
  }
  const auto settled = [](const auto& display) { return display->settled(); };
  const auto drained = [](const Tap& tap) { return tap.drained(); };
  return any && std::all_of(displays_.begin(), displays_.end(), settled) &&
         std::all_of(taps_.begin(), taps_.end(), drained);
}

std::optional<Clock::time_point> LoopThread::Deadline(Clock::time_point now) const {
  std::optional<Clock::time_point> deadline = stop_by_;
  for (const auto& display : displays_) Sooner(deadline, display->Deadline(now));
  for (const auto& [id, pool] : pools_) Sooner(deadline, pool->Deadline());
  for (const auto& [id, capture] : captures_) {
    if (capture->retrying()) Sooner(deadline, now + kQueueRetry);
  }
  return deadline;
}

bool LoopThread::FlipsPending() const {
  return std::any_of(displays_.begin(), displays_.end(),
                     [](const auto& display) { return display->flip_pending(); });
}

}  // namespace dmaflow::loop
