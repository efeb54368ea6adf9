// Our frames into a GStreamer pipeline: the element at its start.
#pragma once

#include <gst/base/gstpushsrc.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "exchange_handle.h"
#include "gst_frame_format.h"
#include "gst_lent_memory.h"

namespace dmaflow::gst {

// What the element does; it belongs to the element. A live source: it plays at the speed of the camera, and
// what GStreamer doesn't take in time stays with the frame loop's tap, which skips frames by its policy. The
// life of a frame:
//   1. The loop's thread gives it to Push: it waits here. The tap's credit bounds how many wait here or are
//   in GStreamer.
//   2. The streaming thread takes it with Create, as a GstBuffer in the loop's own memory (LentMemory). When
//   GStreamer has all but one of the frames that the credit allows, the last one is copied out, so that an
//   element that keeps many frames before it gives any (an encoder that looks ahead) does not come to a
//   standstill.
//   3. The last element lets go of the memory: the frame is given back to the tap.
//   4. What still waits when the element stops is given back as well.
class FrameSource {
 public:
  struct Counters {
    uint64_t pushed = 0;
    // In GStreamer now.
    uint64_t outstanding = 0;
    uint64_t copied = 0;
  };

  explicit FrameSource(GstBaseSrc* element) : element_(element) {}
  ~FrameSource() { Disconnect(); }

  // Before the element plays. `most`: frames that may be here and in GStreamer at once, the tap's credit.
  // `copy`: the last one is copied out.
  void SetFormat(FrameFormat format, uint32_t most, bool copy);
  void Connect(BufferMemories buffers, ExchangeHandle<FrameTaker> taker);
  // The stream ends after the frames that wait, though the loop's goes on.
  void End();
  // No frame comes any more, and none is given back. After the element has stopped.
  void Disconnect();
  Counters counters();

  // The element's virtual functions.
  GstCaps* Caps(GstCaps* filter) const;
  GstFlowReturn Create(GstBuffer** buffer);
  gboolean Query(GstQuery* query);
  void Unlock(bool locked);
  void Stop();

 private:
  void Push(const ExchangeFrame& frame);
  GstPtr<GstBuffer> Wrap(const ExchangeFrame& frame);
  void GiveBackWaiting();

  GstBaseSrc* const element_;
  FrameFormat format_;
  uint32_t most_ = 1;
  bool copy_ = false;
  // Both set by Connect and cleared by Disconnect, when nothing plays.
  std::shared_ptr<LentMemory> lent_;
  std::shared_ptr<ExchangeHandle<FrameTaker>> taker_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ExchangeFrame> waiting_;
  uint64_t pushed_ = 0;
  uint64_t copied_ = 0;
  bool flushing_ = false;
  bool ended_ = false;
};

FrameSource& FrameSourceOf(GstElement* element);

// The name by which gst_parse_launch finds it.
inline constexpr char kFrameSourceFactory[] = "dmaflowsrc";
void RegisterFrameSource();

}  // namespace dmaflow::gst
