#include "frame_loop_requests.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include "frame_loop_commit.h"

namespace dmaflow::loop {

namespace {

// A writeback may take long: an emulated one converts and copies the picture on the CPU.
constexpr auto kFenceHung = std::chrono::seconds(20);

}  // namespace

CommitRequests::CommitRequests(uint32_t display, Epoll& epoll, Mailbox& mailbox)
    : display_(display), epoll_(epoll), mailbox_(mailbox) {}

void CommitRequests::Refused(const KernelError& error) {
  Answer(waiting_.front().id, error);
  waiting_.pop_front();
}

void CommitRequests::Committed(UniqueFd out_fence, Clock::time_point now) {
  const uint32_t request = waiting_.front().id;
  waiting_.pop_front();
  if (!out_fence) {
    awaiting_flip_.push_back(request);
    return;
  }
  try {
    epoll_.Add(out_fence.get(), {Wait::kOutFence, display_});
    out_fence_ = OutFence{request, std::move(out_fence), now};
  } catch (const KernelError& error) {
    Answer(request, error);
  }
}

void CommitRequests::Flipped() {
  for (const uint32_t request : std::exchange(awaiting_flip_, {})) Answer(request, std::nullopt);
}

void CommitRequests::OutFenceSignalled() {
  if (!out_fence_) return;
  const int status = SyncFileStatus(out_fence_->fd.get());
  std::optional<KernelError> error;
  if (status != 0) error.emplace(kAtomicRequest, status);
  AnswerFence(std::move(error));
}

void CommitRequests::GiveUpOnFence(Clock::time_point now) {
  if (out_fence_ && now - out_fence_->since >= kFenceHung) AnswerFence(KernelError("poll", ETIMEDOUT));
}

void CommitRequests::AnswerFence(std::optional<KernelError> error, bool stopped) {
  epoll_.Remove(out_fence_->fd.get());
  Answer(out_fence_->request, std::move(error), stopped);
  out_fence_.reset();
}

void CommitRequests::AnswerAll(const std::optional<KernelError>& failure) {
  const bool stopped = !failure;
  for (const CommitRequest& request : waiting_) Answer(request.id, failure, stopped);
  for (const uint32_t request : awaiting_flip_) Answer(request, failure, stopped);
  if (out_fence_) AnswerFence(failure, stopped);
  waiting_.clear();
  awaiting_flip_.clear();
}

void CommitRequests::Answer(uint32_t request, std::optional<KernelError> error, bool stopped) {
  mailbox_.Post(CommitEvent{request, display_, stopped, std::move(error)});
}

}  // namespace dmaflow::loop
