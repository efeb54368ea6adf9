// One capture's buffers in its driver's queue.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frame_loop_copy.h"
#include "frame_loop_epoll.h"
#include "frame_loop_queue.h"
#include "frame_loop_stats.h"
#include "frame_loop_types.h"
#include "v4l2_buffer.h"

namespace dmaflow::loop {

// The queue of one capture device. The life of a buffer:
//   1. Start queues every buffer (VIDIOC_QBUF): it is with the driver.
//   2. Dequeue takes it out with a frame in it (VIDIOC_DQBUF). A buffer that the driver flags as errored goes
//   back to 1 unseen.
//   3. FrameRefs hold it (see FrameQueue); the last one that goes queues it again: back to 1.
//   4. Stop (VIDIOC_STREAMOFF) takes all of them out of the driver. FrameRefs that are left stay valid, and
//   no longer queue anything.
// Where frames are copied into buffers of their own (config.copy_into), these are what FrameRefs hold:
// Dequeue copies the frame and queues the driver's buffer again at once. A frame for which none is free is
// lost. A request that the kernel refuses ends the capture: `failure` says what it was, the buffers stay
// where they are.
//
// Belongs to the loop's thread.
class Capture : public FrameQueue {
 public:
  enum class Dequeued { kFrame, kRecycled, kNone };

  Capture(uint32_t id, CaptureConfig config, CaptureCounters& counters, Epoll& epoll);

  // Queues all buffers and starts streaming. Throws KernelError, and then none is left queued.
  void Start();
  // STREAMOFF; what the device says to it no longer matters.
  void Stop() noexcept;

  // Takes one buffer. kFrame: `index` has a frame that someone must make a FrameRef to. kRecycled: it was
  // errored. kNone: nothing is ready, or the device failed.
  Dequeued Dequeue(uint32_t& index);
  // The poll says that the device failed, and VIDIOC_DQBUF has nothing to say about it.
  void FailUnexplained();
  // Tries buffers again that could not be queued for the moment (EAGAIN).
  void RetryQueue();

  Device device() const override { return Device::kCapture; }
  int fd() const { return config_.fd.get(); }
  bool limited() const override { return config_.frames != 0; }
  // The limit is reached: nothing is to be dequeued any more.
  bool ended() const override { return limited() && counters().captured.load() >= config_.frames; }
  bool retrying() const { return !retry_.empty(); }

 private:
  void Free(uint32_t index) override;
  bool running() const { return streaming_ && !failure(); }
  // The index that the frame in the driver's buffer has for others. Empty where it is lost.
  std::optional<uint32_t> Place(const V4l2Buffer& buffer);
  // Nothing where no buffer is ready, or the device failed.
  std::optional<V4l2Buffer> TakeFromDriver();
  // Throws KernelError.
  void Queue(uint32_t index);
  void Requeue(uint32_t index);
  void CountSequence(uint32_t sequence);

  CaptureConfig config_;
  // By index, as the driver wants them with each QBUF; the same fds always, so that it maps each buffer once.
  std::vector<std::vector<V4l2QueuePlane>> planes_;
  std::optional<FrameCopier> copier_;
  std::vector<uint32_t> retry_;
  std::optional<uint32_t> last_sequence_;
  bool streaming_ = false;
};

}  // namespace dmaflow::loop
