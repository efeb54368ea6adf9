#include "frame_loop_queue.h"

#include <cerrno>
#include <utility>

#include "frame_loop_commit.h"

namespace dmaflow::loop {

bool FrameQueue::TapMayTake(uint32_t index, std::optional<uint32_t> instead) const {
  size_t held = tap_held_ + waiting_;
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
  if (slot.displays == 0 && slot.taps == 0) GiveBack(index);
}

void FrameQueue::AddFences(uint32_t index, std::vector<UniqueFd> fences) {
  for (UniqueFd& fence : fences) slots_[index].fences.push_back(std::move(fence));
}

void FrameQueue::BufferFenceSignalled() {
  for (uint32_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].waits) GiveBack(index);
  }
}

void FrameQueue::GiveBack(uint32_t index) {
  try {
    if (!WaitsForFence(index)) Free(index);
  } catch (const KernelError& error) {
    Fail(error);
  }
}

bool FrameQueue::WaitsForFence(uint32_t index) {
  Slot& slot = slots_[index];
  if (std::exchange(slot.waits, false)) {
    --waiting_;
    epoll_.Remove(slot.fences.back().get());
  }
  // Work that failed is over too.
  while (!slot.fences.empty() && SyncFileStatus(slot.fences.back().get()) != EAGAIN) slot.fences.pop_back();
  if (slot.fences.empty()) return false;
  epoll_.Add(slot.fences.back().get(), {Wait::kBufferFence, id_});
  slot.waits = true;
  ++waiting_;
  return true;
}

void FrameQueue::DropFences() noexcept {
  for (Slot& slot : slots_) {
    if (std::exchange(slot.waits, false)) epoll_.Remove(slot.fences.back().get());
    slot.fences.clear();
  }
  waiting_ = 0;
}

}  // namespace dmaflow::loop
