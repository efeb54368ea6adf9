// What goes between the owner's thread and the loop's thread, both ways.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "frame_loop_stats.h"
#include "frame_loop_types.h"
#include "unique_fd.h"

namespace dmaflow::loop {

class TapPort;

struct AddTapCommand {
  uint32_t tap;
  TapConfig config;
  TapCounters& counters;
  // Null where the frames go to the owner.
  std::shared_ptr<TapPort> port;
};

// A native tap has a receiver now.
struct ReceiverCommand {
  uint32_t tap;
};

struct RemoveTapCommand {
  uint32_t tap;
};

struct ReleaseCommand {
  uint32_t tap;
  uint32_t index;
  // What has to signal before the buffer goes back to the driver.
  std::vector<UniqueFd> fences;
};

// Offers a frame that `tap` holds to another tap of its queue.
struct PassCommand {
  uint32_t tap;
  uint32_t index;
  uint32_t to;
};

struct PresentCommand {
  uint32_t tap;
  uint32_t index;
  uint32_t display;
  // The owner keeps its reference; the display gets one of its own.
  bool keep;
  UniqueFd fence;
};

// The frame that a filler put into a pool's buffer.
struct SubmitCommand {
  uint32_t pool;
  uint32_t index;
  FrameInfo info;
  UniqueFd fence;
};

struct EndPoolCommand {
  uint32_t pool;
};

struct StopCommand {
  // How long flips that are pending may take.
  std::chrono::milliseconds flip_wait;
};

using Command = std::variant<AddTapCommand, ReceiverCommand, RemoveTapCommand, ReleaseCommand, PassCommand,
                             PresentCommand, CommitRequest, SubmitCommand, EndPoolCommand, StopCommand>;

// Commands to the loop wake it through an eventfd; events to the owner wake it through its Listener, once for
// all that come before the owner has ended its dispatch. No lock is held while anyone is woken, and none for
// longer than a push, so neither thread waits for the other's work. Both queues are bounded by what the owner
// does: an event is a frame (at most the credit of its tap), the one failure of a device, a buffer that was
// asked for, or the one answer to a command; a command of another thread gives back or submits a buffer.
class Mailbox {
 public:
  // Throws KernelError.
  explicit Mailbox(Listener& listener);

  // The loop's side.

  // Readable while commands wait.
  int fd() const { return wake_->get(); }
  // Swaps the waiting commands into `commands`, in order, and makes the fd unreadable.
  void Receive(std::vector<Command>& commands);
  void Post(Event event);
  // False where the tap was closed meanwhile: the frame stays the loop's.
  bool PostFrame(const FrameEvent& frame);

  // The owner's side.

  // Any thread, and also after the loop's end: goes nowhere then.
  void Send(Command command);
  void OpenTap();
  // No more frames of this tap. Returns the indices of those that were posted and not fetched: their
  // references are the loop's again.
  std::vector<uint32_t> CloseTap(uint32_t tap);
  void CloseTaps();
  // When no one receives any more: commands go nowhere from now on.
  void Close();
  // The number of events to fetch now. Those that come later wait for the next dispatch, so that a slow
  // consumer of frames never keeps its thread from other work.
  size_t BeginDispatch();
  std::optional<Event> Fetch();
  // True when no events are left; the next one wakes the owner. Otherwise the owner is to dispatch again.
  bool EndDispatch();

 private:
  void Enqueue(std::unique_lock<std::mutex> lock, Event event);

  Listener& listener_;
  std::shared_ptr<const UniqueFd> wake_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  std::deque<Event> events_;
  std::vector<bool> tap_open_;
  // The owner was woken and has not ended its dispatch.
  bool awake_ = false;
  bool closed_ = false;
};

}  // namespace dmaflow::loop
