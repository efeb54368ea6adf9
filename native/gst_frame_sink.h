// A GStreamer pipeline's frames into our buffers: the element at its end.
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/video/video.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exchange_handle.h"
#include "gst_frame_format.h"

namespace dmaflow::gst {

// What the element does; it belongs to the element. The life of a buffer:
//   1. Connect takes all free buffers of the frame loop's pool (FrameFiller::acquire): they are GStreamer's
//   to fill.
//   2. The element answers the ALLOCATION query with a pool of them, and upstream writes a frame into one.
//   3. Render submits it to the loop, and keeps the GstBuffer, so that the pool doesn't give it out again. A
//   frame that came in other memory (upstream asked for none of ours, or laid the picture out in another way)
//   is copied into one of ours first, counted, and explained.
//   4. The loop lets go of it: it is acquired again, the GstBuffer goes back to its pool: back to 2.
class FrameSink {
 public:
  struct Counters {
    uint64_t received = 0;
    uint64_t copied = 0;
    // Why the last frame that was copied was.
    std::string copy_reason;
  };

  explicit FrameSink(GstBaseSink* element) : element_(element) {}
  ~FrameSink() { Disconnect(); }

  // Before the element plays. `limit`: the stream ends after so many frames; 0: never.
  void SetFormat(FrameFormat format, uint64_t limit);
  void Connect(BufferMemories buffers, ExchangeHandle<FrameFiller> filler);
  // No frame is submitted any more; what the loop held goes back to GStreamer. After the element has stopped.
  void Disconnect();
  Counters counters();

  // The element's virtual functions.
  GstCaps* Caps(GstCaps* filter) const;
  bool SetCaps(GstCaps* caps);
  bool ProposeAllocation(GstQuery* query);
  GstFlowReturn Render(GstBuffer* buffer);
  void Ended();
  void Unlock(bool locked);
  void Stop();

 private:
  void TakeFree();
  GstPtr<GstBufferPool> Pool();
  bool Activate(GstBufferPool* pool);
  // The index of the buffer that the frame lies in as it is to; otherwise `why` says why not.
  std::optional<uint32_t> InPlace(GstBuffer* buffer, std::string& why);
  GstFlowReturn Copy(GstBuffer* from, GstPtr<GstBuffer>& to);
  GstFlowReturn Submit(GstPtr<GstBuffer> buffer, uint32_t index);
  std::string Upstream();

  GstBaseSink* const element_;
  FrameFormat format_;
  uint64_t limit_ = 0;
  GstPtr<GstAllocator> allocator_;
  guint count_ = 0;

  // Set by Connect and cleared by Disconnect, when nothing plays; used without the lock, since the loop calls
  // TakeFree with locks of its own.
  ExchangeHandle<FrameFiller> filler_;

  std::mutex mutex_;
  // By index: whether it is ours to fill, and what the loop has.
  std::vector<bool> ours_;
  std::vector<GstPtr<GstBuffer>> in_loop_;
  // Of the caps that flow now.
  GstPtr<GstCaps> caps_;
  GstVideoInfo info_{};
  GstPtr<GstBufferPool> pool_;
  Counters counters_;
  // In earlier runs.
  uint64_t received_before_ = 0;
  bool ended_ = false;
};

FrameSink& FrameSinkOf(GstElement* element);

// The name by which gst_parse_launch finds it.
inline constexpr char kFrameSinkFactory[] = "dmaflowsink";
void RegisterFrameSink();

}  // namespace dmaflow::gst
