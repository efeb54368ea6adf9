#include "frame_loop_mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace dmaflow::loop {

Mailbox::Mailbox(Listener& listener)
    : listener_(listener), wake_(std::make_shared<UniqueFd>(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
  if (!*wake_) throw KernelError("eventfd", errno);
}

void Mailbox::Receive(std::vector<Command>& commands) {
  // Before the queue is taken: a command that comes in between makes the fd readable again.
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t read = ::read(fd(), &count, sizeof count);
  commands.clear();
  const std::lock_guard<std::mutex> lock(mutex_);
  commands.swap(commands_);
}

void Mailbox::Send(Command command) {
  // Of its own, as Close may come from another thread meanwhile.
  std::shared_ptr<const UniqueFd> wake;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    commands_.push_back(std::move(command));
    if (commands_.size() > 1) return;
    wake = wake_;
  }
  // It does not block. Not under the lock: the loop's thread may run at once, and would wait for it.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake->get(), &one, sizeof one);
}

void Mailbox::Close() {
  // Emptied without the lock: what is in there may give frames back, which comes here again.
  std::vector<Command> unheard;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    unheard.swap(commands_);
    wake_.reset();
  }
}

void Mailbox::Enqueue(std::unique_lock<std::mutex> lock, Event event) {
  events_.push_back(std::move(event));
  const bool wake = !std::exchange(awake_, true);
  lock.unlock();
  if (wake) listener_.Wake();
}

void Mailbox::Post(Event event) { Enqueue(std::unique_lock<std::mutex>(mutex_), std::move(event)); }

bool Mailbox::PostFrame(const FrameEvent& frame) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!tap_open_[frame.tap]) return false;
  Enqueue(std::move(lock), frame);
  return true;
}

void Mailbox::OpenTap() {
  const std::lock_guard<std::mutex> lock(mutex_);
  tap_open_.push_back(true);
}

std::vector<uint32_t> Mailbox::CloseTap(uint32_t tap) {
  std::vector<uint32_t> withdrawn;
  const auto of_tap = [&](const Event& event) {
    const auto* frame = std::get_if<FrameEvent>(&event);
    if (!frame || frame->tap != tap) return false;
    withdrawn.push_back(frame->index);
    return true;
  };
  const std::lock_guard<std::mutex> lock(mutex_);
  tap_open_[tap] = false;
  events_.erase(std::remove_if(events_.begin(), events_.end(), of_tap), events_.end());
  return withdrawn;
}

void Mailbox::CloseTaps() {
  const auto is_frame = [](const Event& event) { return std::holds_alternative<FrameEvent>(event); };
  const std::lock_guard<std::mutex> lock(mutex_);
  tap_open_.assign(tap_open_.size(), false);
  events_.erase(std::remove_if(events_.begin(), events_.end(), is_frame), events_.end());
}

size_t Mailbox::BeginDispatch() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return events_.size();
}

std::optional<Event> Mailbox::Fetch() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

bool Mailbox::EndDispatch() {
  const std::lock_guard<std::mutex> lock(mutex_);
  awake_ = !events_.empty();
  return !awake_;
}

}  // namespace dmaflow::loop
