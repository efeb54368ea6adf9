#include "frame_loop_queue.h"

namespace dmaflow::loop {

bool FrameQueue::TapMayTake(uint32_t index, std::optional<uint32_t> instead) const {
  size_t held = tap_held_;
  if (instead && slots_[*instead].taps == 1) --held;
  if (slots_[index].taps == 0) ++held;
  return held + reserve_ <= slots_.size();
}

void FrameQueue::Hold(uint32_t index, Holder holder) {
  Slot& slot = slots_[index];
  if (holder == Holder::kDisplay) {
    ++slot.displays;
  } else if (slot.taps++ == 0) {
    ++tap_held_;
  }
}

void FrameQueue::Drop(uint32_t index, Holder holder) {
  Slot& slot = slots_[index];
  if (holder == Holder::kDisplay) {
    --slot.displays;
  } else if (--slot.taps == 0) {
    --tap_held_;
  }
  if (slot.displays == 0 && slot.taps == 0) Free(index);
}

}  // namespace dmaflow::loop
