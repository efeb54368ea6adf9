#include "frame_loop_requests.h"

#include <utility>

#include "frame_loop_commit.h"

namespace dmaflow::loop {

CommitRequests::CommitRequests(uint32_t display, Epoll& epoll, Mailbox& mailbox)
    : display_(display), epoll_(epoll), mailbox_(mailbox) {}

void CommitRequests::Refused(const KernelError& error) {
  Answer(waiting_.front().id, error);
  waiting_.pop_front();
}

void CommitRequests::Committed(UniqueFd out_fence) {
  const uint32_t request = waiting_.front().id;
  waiting_.pop_front();
  if (!out_fence) {
    awaiting_flip_.push_back(request);
    return;
  }
  try {
    epoll_.Add(out_fence.get(), {Wait::kOutFence, display_, request});
    out_fences_.emplace(request, std::move(out_fence));
  } catch (const KernelError& error) {
    Answer(request, error);
  }
}

void CommitRequests::Flipped() {
  for (const uint32_t request : std::exchange(awaiting_flip_, {})) Answer(request, std::nullopt);
}

void CommitRequests::OutFenceSignalled(uint32_t request) {
  const auto found = out_fences_.find(request);
  if (found == out_fences_.end()) return;
  const int status = SyncFileStatus(found->second.get());
  epoll_.Remove(found->second.get());
  out_fences_.erase(found);
  std::optional<KernelError> error;
  if (status != 0) error.emplace(kAtomicRequest, status);
  Answer(request, std::move(error));
}

void CommitRequests::AnswerAll(const std::optional<KernelError>& failure) {
  const bool stopped = !failure;
  for (const CommitRequest& request : waiting_) Answer(request.id, failure, stopped);
  for (const uint32_t request : awaiting_flip_) Answer(request, failure, stopped);
  for (const auto& [request, fence] : out_fences_) {
    epoll_.Remove(fence.get());
    Answer(request, failure, stopped);
  }
  waiting_.clear();
  awaiting_flip_.clear();
  out_fences_.clear();
}

void CommitRequests::Answer(uint32_t request, std::optional<KernelError> error, bool stopped) {
  mailbox_.Post(CommitEvent{request, display_, stopped, std::move(error)});
}

}  // namespace dmaflow::loop
