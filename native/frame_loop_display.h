// One display: what is on its screen, on the way there, and waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "drm_ptr.h"
#include "frame_loop_commit.h"
#include "frame_loop_epoll.h"
#include "frame_loop_mailbox.h"
#include "frame_loop_queue.h"
#include "frame_loop_requests.h"
#include "frame_loop_stats.h"
#include "frame_loop_types.h"

namespace dmaflow::loop {

// The plane of one CRTC. The life of a buffer on it:
//   1. Show takes a reference: the frame is `next_`. A newer one that comes first replaces it, and it is
//   dropped.
//   2. With a fence that the plane cannot wait for it becomes `fenced_` until the fence has signalled, so
//   that newer
//      frames don't starve it.
//   3. Committed (DRM_IOCTL_MODE_ATOMIC) it is `pending_`; there is at most one, as the kernel allows. EBUSY
//   puts it
//      back to 1.
//   4. Its flip event makes it `on_screen_`. Only now the frame that was on the screen loses its reference.
//   5. The next flip event takes it off the screen, and its reference goes.
//
// A display that failed commits no more, and keeps what is or may be on the screen until the loop ends: the
// hardware still reads it. Belongs to the loop's thread.
class Display {
 public:
  Display(uint32_t id, DisplayConfig config, DisplayCounters& counters, Epoll& epoll, Mailbox& mailbox);

  // `framebuffers` by the index of the buffers of a capture or pool.
  void Link(uint32_t queue, std::vector<uint32_t> framebuffers);

  // `fence`: a sync_file that has to signal first; may be empty.
  void Show(FrameQueue& queue, uint32_t index, UniqueFd fence);
  // Answered by a CommitEvent.
  void CommitOnce(CommitRequest request);

  // Commits what can be, gives up on what hangs. Called after everything that can change what is to be done.
  void Advance(Clock::time_point now);
  // When Advance has something to do though nothing happened, between two ticks.
  std::optional<Clock::time_point> Deadline(Clock::time_point now) const;

  // False where the event is not of this display's commit.
  bool Flipped(const FlipEvent& flip);
  void InFenceSignalled(Clock::time_point now);
  void OutFenceSignalled() { requests_.OutFenceSignalled(); }

  void Fail(const KernelError& error);
  // Nothing new is committed; what is pending may still flip.
  void BeginStop();

  uint32_t id() const { return id_; }
  int fd() const { return config_.fd.get(); }
  // Everything that came is on the screen, or never will be.
  bool settled() const { return failure_ || (!next_ && !fenced_ && !pending_); }
  bool flip_pending() const { return !failure_ && pending_; }
  const std::optional<KernelError>& failure() const { return failure_; }

 private:
  struct Frame {
    FrameRef reference;
    uint32_t framebuffer;
    UniqueFd fence;
    // It is on the screen already, and goes again only for the sake of a commit request.
    bool repeated = false;
    // Of its commit, or of the start of its wait for the fence.
    Clock::time_point since{};
  };

  void WaitForFence(Frame frame, Clock::time_point now);
  void Commit(Frame frame, Clock::time_point now);
  // 0 or the errno. `out_fence` is where the kernel puts the fence of `request`.
  int Submit(const Frame& frame, const CommitRequest* request, int32_t* out_fence);
  void Committed(Frame frame, Clock::time_point now);
  void Busy(Frame frame, Clock::time_point now);

  uint32_t id_;
  DisplayConfig config_;
  DisplayCounters& counters_;
  Epoll& epoll_;
  CommitRequests requests_;
  std::map<uint32_t, std::vector<uint32_t>> framebuffers_;

  std::optional<Frame> next_;
  std::optional<Frame> fenced_;
  std::optional<Frame> pending_;
  std::optional<Frame> on_screen_;
  uint32_t token_;
  bool modeset_done_ = false;
  // Since when the kernel has said EBUSY.
  std::optional<Clock::time_point> busy_since_;

  AtomicRequest request_;
  bool stopping_ = false;
  std::optional<KernelError> failure_;
};

}  // namespace dmaflow::loop
