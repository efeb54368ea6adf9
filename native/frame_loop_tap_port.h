// A tap whose frames go to native code.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "frame_loop_mailbox.h"
#include "frame_loop_types.h"

namespace dmaflow::loop {

// The taker's side of a tap; any thread. It may outlive the loop: then no frames come, and what is given back
// goes nowhere.
class TapPort {
 public:
  // Called on the loop's thread; must not block.
  struct Receiver {
    std::function<void(const FrameEvent&)> on_frame;
    // After the last frame of a stream that ends.
    std::function<void()> on_end;
  };

  TapPort(uint32_t tap, uint32_t buffers, std::shared_ptr<Mailbox> mailbox);

  // Frames that come before there is a receiver wait in the tap. An empty one ends it: no call is under way
  // any more when this returns. Not to be called from a receiver.
  void SetReceiver(Receiver receiver);
  // Gives a frame's reference back. Throws StateError where the frame is not the taker's.
  void GiveBack(uint32_t index);

  // The loop's side.

  bool HasReceiver();
  // False where the receiver has gone: the frame stays the loop's.
  bool Deliver(const FrameEvent& frame);
  // False where there is no receiver.
  bool DeliverEnd();

 private:
  const uint32_t tap_;
  const std::shared_ptr<Mailbox> mailbox_;
  // Held while the receiver is called.
  std::mutex receiver_mutex_;
  Receiver receiver_;
  std::mutex lent_mutex_;
  // By index: with the taker.
  std::vector<bool> lent_;
};

}  // namespace dmaflow::loop
