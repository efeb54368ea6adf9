#include "frame_loop_tap_port.h"

#include <string>
#include <utility>

namespace dmaflow::loop {

TapPort::TapPort(uint32_t tap, uint32_t buffers, std::shared_ptr<Mailbox> mailbox)
    : tap_(tap), mailbox_(std::move(mailbox)), lent_(buffers) {}

void TapPort::SetReceiver(Receiver receiver) {
  {
    const std::lock_guard<std::mutex> lock(receiver_mutex_);
    receiver_ = std::move(receiver);
  }
  // What waits in the tap can go now.
  mailbox_->Send(ReceiverCommand{tap_});
}

void TapPort::GiveBack(uint32_t index) {
  {
    const std::lock_guard<std::mutex> lock(lent_mutex_);
    if (index >= lent_.size() || !lent_[index]) {
      throw StateError("tap " + std::to_string(tap_) + " holds no frame in buffer " + std::to_string(index));
    }
    lent_[index] = false;
  }
  mailbox_->Send(ReleaseCommand{tap_, index, {}});
}

bool TapPort::HasReceiver() {
  const std::lock_guard<std::mutex> lock(receiver_mutex_);
  return static_cast<bool>(receiver_.on_frame);
}

bool TapPort::Deliver(const FrameEvent& frame) {
  const std::lock_guard<std::mutex> lock(receiver_mutex_);
  if (!receiver_.on_frame) return false;
  {
    // Before the receiver knows of it: it may give it back at once.
    const std::lock_guard<std::mutex> lent(lent_mutex_);
    lent_[frame.index] = true;
  }
  receiver_.on_frame(frame);
  return true;
}

bool TapPort::DeliverEnd() {
  const std::lock_guard<std::mutex> lock(receiver_mutex_);
  if (!receiver_.on_end) return false;
  receiver_.on_end();
  return true;
}

}  // namespace dmaflow::loop
