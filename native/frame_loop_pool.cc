#include "frame_loop_pool.h"

#include <cerrno>
#include <string>
#include <utility>

#include "frame_loop_commit.h"

namespace dmaflow::loop {

namespace {

constexpr auto kFenceHung = std::chrono::seconds(5);

}  // namespace

PoolPort::PoolPort(uint32_t pool, uint32_t buffers, std::shared_ptr<Mailbox> mailbox,
                   CaptureCounters& counters)
    : pool_(pool), mailbox_(std::move(mailbox)), acquired_(buffers), counters_(counters) {
  for (uint32_t index = 0; index < buffers; ++index) free_.push_back(index);
  counters_.queued = buffers;
}

std::optional<uint32_t> PoolPort::Acquire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  wanted_ = free_.empty() && !closed_;
  if (free_.empty()) return std::nullopt;
  const uint32_t index = free_.front();
  free_.pop_front();
  acquired_[index] = true;
  counters_.queued.fetch_sub(1);
  return index;
}

void PoolPort::TakeBack(uint32_t index) {
  if (index >= acquired_.size() || !acquired_[index]) {
    throw StateError("buffer " + std::to_string(index) + " of pool " + std::to_string(pool_) +
                     " is not acquired: it was submitted or cancelled before, or never acquired");
  }
  acquired_[index] = false;
}

void PoolPort::GiveBack(uint32_t index) {
  if (closed_) return;
  free_.push_back(index);
  counters_.queued.fetch_add(1);
}

void PoolPort::Submit(uint32_t index, const FrameInfo& info, UniqueFd fence) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    TakeBack(index);
    if (closed_) return;
  }
  mailbox_->Send(SubmitCommand{pool_, index, info, std::move(fence)});
}

void PoolPort::Cancel(uint32_t index) {
  const std::lock_guard<std::mutex> lock(mutex_);
  TakeBack(index);
  GiveBack(index);
}

void PoolPort::End() { mailbox_->Send(EndPoolCommand{pool_}); }

void PoolPort::SetListener(std::function<void()> on_free) {
  const std::lock_guard<std::mutex> lock(listener_mutex_);
  on_free_ = std::move(on_free);
}

bool PoolPort::closed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return closed_;
}

bool PoolPort::Freed(uint32_t index) {
  bool wanted = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return false;
    GiveBack(index);
    wanted = std::exchange(wanted_, false);
  }
  const std::lock_guard<std::mutex> lock(listener_mutex_);
  if (!on_free_) return wanted;
  on_free_();
  return false;
}

void PoolPort::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (std::exchange(closed_, true)) return;
  free_.clear();
  counters_.queued = 0;
}

Pool::Pool(uint32_t id, const PoolConfig& config, std::shared_ptr<PoolPort> port, CaptureCounters& counters,
           Mailbox& mailbox, Epoll& epoll)
    : FrameQueue(id, config.buffers, config.reserve, counters, epoll),
      port_(std::move(port)),
      mailbox_(mailbox),
      epoll_(epoll) {}

Pool::~Pool() { port_->Close(); }

std::optional<uint32_t> Pool::Next(Clock::time_point now) {
  if (submitted_.empty() || stopped_ || failure() || FencePending(now)) return std::nullopt;
  const SubmitCommand next = std::move(submitted_.front());
  submitted_.pop_front();
  counters().captured.fetch_add(1);
  SetFrame(next.index, next.info);
  return next.index;
}

bool Pool::FencePending(Clock::time_point now) {
  UniqueFd& fence = submitted_.front().fence;
  if (!fence) return false;
  if (!fence_since_) {
    try {
      epoll_.Add(fence.get(), {Wait::kPoolFence, id()});
      fence_since_ = now;
    } catch (const KernelError& error) {
      Fail(error);
    }
  } else if (now - *fence_since_ >= kFenceHung) {
    Fail(KernelError("poll", ETIMEDOUT));
  }
  return true;
}

void Pool::FenceSignalled() {
  if (!fence_since_) return;
  UniqueFd& fence = submitted_.front().fence;
  const int status = SyncFileStatus(fence.get());
  if (status == EAGAIN) return;
  epoll_.Remove(fence.get());
  fence.reset();
  fence_since_.reset();
  if (status == 0) return;
  // What should have come into the buffer did not.
  counters().errored.fetch_add(1);
  const uint32_t index = submitted_.front().index;
  submitted_.pop_front();
  Free(index);
}

std::optional<Clock::time_point> Pool::Deadline() const {
  if (!fence_since_ || failure() || stopped_) return std::nullopt;
  return *fence_since_ + kFenceHung;
}

void Pool::Stop() {
  if (std::exchange(stopped_, true)) return;
  if (fence_since_) epoll_.Remove(submitted_.front().fence.get());
  fence_since_.reset();
  submitted_.clear();
  DropFences();
  port_->Close();
}

void Pool::Free(uint32_t index) {
  if (port_->Freed(index)) mailbox_.Post(FreeEvent{id()});
}

}  // namespace dmaflow::loop
