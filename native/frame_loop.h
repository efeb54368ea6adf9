// The frame loop as its owner sees it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "frame_loop_mailbox.h"
#include "frame_loop_pool.h"
#include "frame_loop_stats.h"
#include "frame_loop_tap_port.h"
#include "frame_loop_thread.h"
#include "frame_loop_types.h"

namespace dmaflow::loop {

// Moves frames from captures and pools to displays on a thread of its own, and lends some to its owner
// through taps. The life of a buffer, seen from the owner:
//   1. Start queues it with its capture's driver; a pool's is free, to be filled (Port).
//   2. With a frame in it, it goes to the displays that are connected, and comes back by itself.
//   3. A tap may lend it to the owner as well: Fetch returns a FrameEvent, and the owner holds one reference.
//   4. Release gives this reference back; Present passes it on to a display, from where it comes back by
//   itself.
//      Either one, once: anything that is not held is refused with a StateError.
//   5. When displays and taps have all let go of it, it is queued, or free, again: back to 2.
//   6. Stop takes it out of the driver. What the owner still holds stays readable; Release is then a
//   formality.
//
// All methods are called on one thread, the owner's, and none waits for the loop. Wrong ids and values are
// std::out_of_range, wrong moments StateError; both are thrown before anything has changed.
class FrameLoop {
 public:
  enum class State { kSetUp, kRunning, kStopping, kStopped };

  // Throws KernelError. `listener` outlives the loop.
  explicit FrameLoop(Listener& listener);
  ~FrameLoop();
  FrameLoop(const FrameLoop&) = delete;
  FrameLoop& operator=(const FrameLoop&) = delete;

  // Set-up: before Start.
  // Captures and pools share their ids: what says `capture` below takes a pool too.
  uint32_t AddCapture(CaptureConfig config);
  uint32_t AddPool(PoolConfig config);
  uint32_t AddDisplay(DisplayConfig config);
  // `direct`: every frame goes to the display. Otherwise Present is made possible, no more.
  void Link(uint32_t capture, uint32_t display, std::vector<uint32_t> framebuffers, bool direct);

  // For those that fill a pool, and for native code that takes the frames of a tap. They may outlive the
  // loop.
  const std::shared_ptr<PoolPort>& PortOfPool(uint32_t pool) const;
  const std::shared_ptr<TapPort>& PortOfTap(uint32_t tap);

  uint32_t AddTap(TapConfig config);
  // No FrameEvent of this tap is fetched any more.
  void RemoveTap(uint32_t tap);
  // `fences` are sync_files that have to signal before the buffer goes back to the driver.
  void Release(uint32_t tap, uint32_t capture, uint32_t index, std::vector<UniqueFd> fences);
  // With `keep` the owner keeps its reference: Release or another Present follows.
  void Present(uint32_t tap, uint32_t capture, uint32_t index, uint32_t display, bool keep, UniqueFd fence);
  // Offers a frame that the owner holds to another tap of its queue (TapConfig::passed); the owner keeps its
  // reference.
  void Pass(uint32_t tap, uint32_t capture, uint32_t index, uint32_t to);
  // Answered by a CommitEvent with the returned id, or by the StopEvent.
  uint32_t CommitOnce(CommitRequest request);

  // Answered by a StartEvent. Throws KernelError where there can be no thread.
  void Start();
  // Answered by the StopEvent, unless the loop was never started: then it is stopped on return.
  void Stop();
  // Stops within `flip_wait` plus what STREAMOFF takes, and waits for it. No event is fetched any more.
  void Shutdown(std::chrono::milliseconds flip_wait);

  // After Listener::Wake: BeginDispatch says how many times to call Fetch. Where EndDispatch says false, more
  // events came meanwhile, and the owner is to dispatch again without being woken.
  size_t BeginDispatch() { return mailbox_->BeginDispatch(); }
  // Empty where events were withdrawn meanwhile.
  std::optional<Event> Fetch();
  bool EndDispatch() { return mailbox_->EndDispatch(); }

  State state() const { return state_; }
  const Counters& counters() const { return counters_; }
  bool HasDisplay(uint32_t display) const { return display < counters_.displays.size(); }

 private:
  struct LentTap {
    uint32_t capture;
    bool open;
    // What the owner holds, by buffer index.
    std::vector<bool> held;
    // Null where the frames go to the owner.
    std::shared_ptr<TapPort> port;
  };

  void RequireSetUp() const;
  void RequireQueue(uint32_t capture) const;
  void RequireDisplay(uint32_t display) const;
  LentTap& RequireTap(uint32_t tap);
  LentTap& RequireHeld(uint32_t tap, uint32_t capture, uint32_t index);
  void Stopped();

  std::shared_ptr<Mailbox> mailbox_;
  Counters counters_;
  // The thread's own from Start to the StopEvent.
  std::unique_ptr<LoopThread> work_;
  std::thread thread_;
  State state_ = State::kSetUp;
  // By capture or pool; a capture has no port.
  std::vector<uint32_t> buffers_;
  std::vector<std::shared_ptr<PoolPort>> ports_;
  std::set<std::pair<uint32_t, uint32_t>> links_;
  std::vector<LentTap> taps_;
  uint32_t last_request_ = 0;
};

}  // namespace dmaflow::loop
