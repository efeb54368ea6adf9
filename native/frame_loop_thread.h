// The thread: waits for devices and commands, and moves frames between captures, pools, displays and taps.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "frame_loop_capture.h"
#include "frame_loop_display.h"
#include "frame_loop_epoll.h"
#include "frame_loop_mailbox.h"
#include "frame_loop_pool.h"
#include "frame_loop_queue.h"
#include "frame_loop_stats.h"
#include "frame_loop_tap.h"
#include "frame_loop_types.h"

namespace dmaflow::loop {

// Everything that the loop's thread works on. Set up by the owner before Run; from then on the thread's
// alone.
//
// The life of a buffer, once round:
//   1. The capture dequeues it (see Capture), or the filler of a pool submits it (see Pool).
//   2. Each linked display is shown it (see Display), each tap of the queue is offered it (see Tap). What
//   nobody
//      takes goes back at once.
//   3. Commands of the owner give a tap's reference back, or pass it on to a display.
//   4. With its last reference it goes back: queued with the driver, or free for the filler.
class LoopThread {
 public:
  // Throws KernelError.
  LoopThread(std::shared_ptr<Mailbox> mailbox, Counters& counters);

  // Captures and pools have their ids in common, in the order in which they are added.
  void AddCapture(CaptureConfig config);
  void AddPool(const PoolConfig& config, std::shared_ptr<PoolPort> port);
  void AddDisplay(DisplayConfig config);
  // `direct`: every frame of the queue goes to the display. Otherwise only those that are presented.
  void Link(uint32_t queue, uint32_t display, std::vector<uint32_t> framebuffers, bool direct);

  // From the first QBUF to the last STREAMOFF. Posts StartEvent first and StopEvent last; after that nothing
  // here is used any more and every fd is closed.
  void Run();

 private:
  void AddQueue(std::unique_ptr<FrameQueue> queue);
  std::optional<ErrorEvent> StartCaptures();
  void Serve();
  void Finish();

  void HandleCommands();
  void Handle(AddTapCommand& command);
  void Handle(ReceiverCommand& command);
  void Handle(RemoveTapCommand& command);
  void Handle(ReleaseCommand& command);
  void Handle(PassCommand& command);
  void Handle(PresentCommand& command);
  void Handle(CommitRequest& request);
  void Handle(SubmitCommand& command);
  void Handle(EndPoolCommand& command);
  void Handle(StopCommand& command);

  void HandleDisplay(Display& display, bool failed);
  void HandleCapture(Capture& capture, bool failed);
  void HandlePool(Pool& pool, Clock::time_point now);
  void ReportEnd(Tap& tap);
  void Distribute(FrameQueue& queue, uint32_t index);
  // Devices that failed since the last time leave the loop and are reported.
  void ReportFailures();
  void ReportEnd();
  // Every capture with a limit reached it, every pool was ended, and what came of it was shown, or is
  // JavaScript's.
  bool Over() const;
  std::optional<Clock::time_point> Deadline(Clock::time_point now) const;
  bool FlipsPending() const;

  std::shared_ptr<Mailbox> mailbox_;
  Counters& counters_;
  Epoll epoll_;
  Ticker ticker_;

  // Queues first: displays and taps refer to their buffers.
  std::vector<std::unique_ptr<FrameQueue>> queues_;
  // Those of each kind among them, by id.
  std::map<uint32_t, Capture*> captures_;
  std::map<uint32_t, Pool*> pools_;
  std::vector<std::unique_ptr<Display>> displays_;
  // By tap id.
  std::deque<Tap> taps_;
  // By queue.
  std::vector<std::vector<Display*>> links_;

  std::vector<bool> queue_reported_;
  std::vector<bool> display_reported_;
  std::vector<Ready> ready_;
  std::vector<Command> commands_;
  std::vector<FlipEvent> flips_;
  std::optional<Clock::time_point> stop_by_;
  bool over_ = false;
};

}  // namespace dmaflow::loop
