// The properties that the owner wants in one commit of a display, and the answers to it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "frame_loop_epoll.h"
#include "frame_loop_mailbox.h"
#include "frame_loop_types.h"
#include "unique_fd.h"

namespace dmaflow::loop {

// The commit requests of one display. Each is answered once, by a CommitEvent:
//   1. Add: it waits for a commit of the display, in order, one request a commit.
//   2. Refused: the kernel did not take its properties. Answered.
//   3. Committed: its out-fence is waited for, and answers it; without one, the flip does. Until then nothing
//   else
//      may be committed: the hardware may still write, and drm_writeback.c forbids it.
//   4. AnswerAll: the display failed or the loop stops. Whatever waits is answered.
//
// Belongs to the loop's thread.
class CommitRequests {
 public:
  CommitRequests(uint32_t display, Epoll& epoll, Mailbox& mailbox);

  void Add(CommitRequest request) { waiting_.push_back(std::move(request)); }
  // What the next commit is to carry, or null.
  const CommitRequest* next() const { return waiting_.empty() ? nullptr : &waiting_.front(); }

  void Refused(const KernelError& error);
  // `out_fence` is empty where it asked for none.
  void Committed(UniqueFd out_fence, Clock::time_point now);
  void Flipped();
  void OutFenceSignalled();
  bool awaiting_fence() const { return out_fence_.has_value(); }
  void GiveUpOnFence(Clock::time_point now);

  // With the failure of the display; without, the loop was stopped.
  void AnswerAll(const std::optional<KernelError>& failure);
  void Answer(uint32_t request, std::optional<KernelError> error, bool stopped = false);

 private:
  struct OutFence {
    uint32_t request;
    UniqueFd fd;
    Clock::time_point since;
  };
  // Of the fence that is waited for; there is one.
  void AnswerFence(std::optional<KernelError> error, bool stopped = false);

  uint32_t display_;
  Epoll& epoll_;
  Mailbox& mailbox_;
  std::deque<CommitRequest> waiting_;
  std::vector<uint32_t> awaiting_flip_;
  std::optional<OutFence> out_fence_;
};

}  // namespace dmaflow::loop
