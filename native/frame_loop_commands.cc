// What the loop's thread does for its owner.
#include <algorithm>
#include <utility>
#include <variant>

#include "frame_loop_thread.h"

namespace dmaflow::loop {

void LoopThread::HandleCommands() {
  mailbox_->Receive(commands_);
  for (Command& command : commands_) {
    std::visit([this](auto& each) { Handle(each); }, command);
  }
}

void LoopThread::Handle(AddTapCommand& command) {
  taps_.emplace_back(command.tap, *queues_[command.config.capture], command.config, command.counters,
                     *mailbox_, std::move(command.port));
}

void LoopThread::Handle(ReceiverCommand& command) { taps_[command.tap].PostWaiting(); }

void LoopThread::Handle(RemoveTapCommand& command) { taps_[command.tap].Close(); }

void LoopThread::Handle(ReleaseCommand& command) {
  Tap& tap = taps_[command.tap];
  tap.queue().AddFences(command.index, std::move(command.fences));
  { const FrameRef given_back = tap.Take(command.index); }
  tap.PostWaiting();
}

void LoopThread::Handle(PassCommand& command) { taps_[command.to].Offer(command.index); }

void LoopThread::Handle(PresentCommand& command) {
  Tap& tap = taps_[command.tap];
  displays_[command.display]->Show(tap.queue(), command.index, std::move(command.fence));
  if (command.keep) return;
  { const FrameRef given_back = tap.Take(command.index); }
  tap.PostWaiting();
}

void LoopThread::Handle(CommitRequest& request) {
  displays_[request.display]->CommitOnce(std::move(request));
}

void LoopThread::Handle(SubmitCommand& command) { pools_[command.pool]->Submitted(command); }

void LoopThread::Handle(EndPoolCommand& command) { pools_[command.pool]->EndOfStream(); }

void LoopThread::Handle(StopCommand& command) {
  const auto by = Clock::now() + command.flip_wait;
  stop_by_ = stop_by_ ? std::min(*stop_by_, by) : by;
  for (const auto& [id, capture] : captures_) epoll_.Remove(capture->fd());
  for (const auto& [id, pool] : pools_) pool->Stop();
  for (const auto& display : displays_) display->BeginStop();
  for (Tap& tap : taps_) tap.Close();
}

}  // namespace dmaflow::loop
