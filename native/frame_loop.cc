#include "frame_loop.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>

namespace dmaflow::loop {

namespace {

constexpr auto kFlipWait = std::chrono::seconds(1);

// A thread inherits the mask: with everything blocked while it is made, no signal is ever handled on it.
class BlockSignals {
 public:
  BlockSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  sigset_t before_;
};

std::string Name(const char* what, uint32_t id) { return std::string(what) + ' ' + std::to_string(id); }

}  // namespace

FrameLoop::FrameLoop(Listener& listener)
    : mailbox_(std::make_shared<Mailbox>(listener)),
      work_(std::make_unique<LoopThread>(mailbox_, counters_)) {}

FrameLoop::~FrameLoop() { Shutdown(std::chrono::milliseconds(0)); }

void FrameLoop::RequireSetUp() const {
  if (state_ != State::kSetUp)
    throw StateError("the frame loop was started or stopped before; create a new one");
}

void FrameLoop::RequireQueue(uint32_t capture) const {
  if (capture >= buffers_.size()) throw std::out_of_range("there is no " + Name("capture or pool", capture));
}

void FrameLoop::RequireDisplay(uint32_t display) const {
  if (!HasDisplay(display)) throw std::out_of_range("there is no " + Name("display", display));
}

FrameLoop::LentTap& FrameLoop::RequireTap(uint32_t tap) {
  if (tap >= taps_.size()) throw std::out_of_range("there is no " + Name("tap", tap));
  return taps_[tap];
}

FrameLoop::LentTap& FrameLoop::RequireHeld(uint32_t tap, uint32_t capture, uint32_t index) {
  LentTap& lent = RequireTap(tap);
  if (lent.capture == capture && index < lent.held.size() && lent.held[index]) return lent;
  throw StateError(Name("tap", tap) + " holds no frame in " + Name("buffer", index) + " of " +
                   Name("capture", capture) + ": it was released or presented before, or never delivered");
}

uint32_t FrameLoop::AddCapture(CaptureConfig config) {
  RequireSetUp();
  const auto buffers = static_cast<uint32_t>(FrameBuffers(config));
  counters_.captures.emplace_back();
  work_->AddCapture(std::move(config));
  buffers_.push_back(buffers);
  ports_.emplace_back();
  return static_cast<uint32_t>(buffers_.size() - 1);
}

uint32_t FrameLoop::AddPool(PoolConfig config) {
  RequireSetUp();
  const auto pool = static_cast<uint32_t>(buffers_.size());
  const auto port =
      std::make_shared<PoolPort>(pool, config.buffers, mailbox_, counters_.captures.emplace_back());
  work_->AddPool(config, port);
  buffers_.push_back(config.buffers);
  ports_.push_back(port);
  return pool;
}

const std::shared_ptr<PoolPort>& FrameLoop::PortOfPool(uint32_t pool) const {
  if (pool >= ports_.size() || !ports_[pool]) throw std::out_of_range("there is no " + Name("pool", pool));
  return ports_[pool];
}

const std::shared_ptr<TapPort>& FrameLoop::PortOfTap(uint32_t tap) {
  const std::shared_ptr<TapPort>& port = RequireTap(tap).port;
  if (!port) throw StateError(Name("tap", tap) + " brings its frames to JavaScript: add it with native");
  return port;
}

uint32_t FrameLoop::AddDisplay(DisplayConfig config) {
  RequireSetUp();
  counters_.displays.emplace_back();
  work_->AddDisplay(std::move(config));
  return static_cast<uint32_t>(counters_.displays.size() - 1);
}

void FrameLoop::Link(uint32_t capture, uint32_t display, std::vector<uint32_t> framebuffers, bool direct) {
  RequireSetUp();
  RequireQueue(capture);
  RequireDisplay(display);
  if (framebuffers.size() != buffers_[capture]) {
    throw std::out_of_range(Name("capture", capture) + " has " + std::to_string(buffers_[capture]) +
                            " buffers, got " + std::to_string(framebuffers.size()) + " framebuffers");
  }
  work_->Link(capture, display, std::move(framebuffers), direct);
  links_.emplace(capture, display);
}

uint32_t FrameLoop::AddTap(TapConfig config) {
  RequireQueue(config.capture);
  if (state_ != State::kSetUp && state_ != State::kRunning) {
    throw StateError("the frame loop was stopped; create a new one");
  }
  const auto tap = static_cast<uint32_t>(taps_.size());
  const uint32_t buffers = buffers_[config.capture];
  std::shared_ptr<TapPort> port;
  if (config.native) port = std::make_shared<TapPort>(tap, buffers, mailbox_);
  taps_.push_back({config.capture, true, std::vector<bool>(buffers), port});
  mailbox_->OpenTap();
  mailbox_->Send(AddTapCommand{tap, config, counters_.taps.emplace_back(), std::move(port)});
  return tap;
}

void FrameLoop::RemoveTap(uint32_t tap) {
  LentTap& lent = RequireTap(tap);
  if (!std::exchange(lent.open, false) || state_ == State::kStopping || state_ == State::kStopped) return;
  const std::vector<uint32_t> withdrawn = mailbox_->CloseTap(tap);
  counters_.taps[tap].skipped.fetch_add(withdrawn.size());
  mailbox_->Send(RemoveTapCommand{tap});
  for (const uint32_t index : withdrawn) mailbox_->Send(ReleaseCommand{tap, index, {}});
}

void FrameLoop::Release(uint32_t tap, uint32_t capture, uint32_t index, std::vector<UniqueFd> fences) {
  RequireHeld(tap, capture, index).held[index] = false;
  if (state_ == State::kRunning) mailbox_->Send(ReleaseCommand{tap, index, std::move(fences)});
}

void FrameLoop::Present(uint32_t tap, uint32_t capture, uint32_t index, uint32_t display, bool keep,
                        UniqueFd fence) {
  LentTap& lent = RequireHeld(tap, capture, index);
  RequireDisplay(display);
  if (links_.count({capture, display}) == 0) {
    throw StateError(Name("display", display) + " has no framebuffers of " + Name("capture", capture) +
                     ": connect or allowPresent comes before start()");
  }
  lent.held[index] = keep;
  // Who presents while the loop stops can't know it yet: the reference has come back, and that is all.
  if (state_ == State::kRunning) mailbox_->Send(PresentCommand{tap, index, display, keep, std::move(fence)});
}

void FrameLoop::Pass(uint32_t tap, uint32_t capture, uint32_t index, uint32_t to) {
  RequireHeld(tap, capture, index);
  if (RequireTap(to).capture != capture) {
    throw StateError(Name("tap", to) + " takes no frames of " + Name("capture or pool", capture));
  }
  if (state_ == State::kRunning) mailbox_->Send(PassCommand{tap, index, to});
}

uint32_t FrameLoop::CommitOnce(CommitRequest request) {
  RequireDisplay(request.display);
  if (state_ != State::kRunning) throw StateError("the frame loop is not running");
  request.id = ++last_request_;
  request.received = Clock::now();
  mailbox_->Send(std::move(request));
  return last_request_;
}

void FrameLoop::Start() {
  RequireSetUp();
  const BlockSignals blocked;
  try {
    thread_ = std::thread(&LoopThread::Run, work_.get());
  } catch (const std::system_error& error) {
    throw KernelError("pthread_create", error.code().value());
  }
  state_ = State::kRunning;
}

void FrameLoop::Stop() {
  if (state_ == State::kSetUp) Stopped();
  if (state_ != State::kRunning) return;
  state_ = State::kStopping;
  mailbox_->CloseTaps();
  mailbox_->Send(StopCommand{kFlipWait});
}

void FrameLoop::Shutdown(std::chrono::milliseconds flip_wait) {
  if (thread_.joinable()) mailbox_->Send(StopCommand{flip_wait});
  Stopped();
}

void FrameLoop::Stopped() {
  if (thread_.joinable()) thread_.join();
  work_.reset();
  mailbox_->Close();
  state_ = State::kStopped;
}

std::optional<Event> FrameLoop::Fetch() {
  std::optional<Event> event = mailbox_->Fetch();
  if (!event) return event;
  if (const auto* frame = std::get_if<FrameEvent>(&*event)) {
    taps_[frame->tap].held[frame->index] = true;
    counters_.taps[frame->tap].delivered.fetch_add(1);
  } else if (std::holds_alternative<StopEvent>(*event)) {
    Stopped();
  }
  return event;
}

}  // namespace dmaflow::loop
