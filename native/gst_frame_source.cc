#include "gst_frame_source.h"

#include <gst/video/video.h>

#include <utility>

#include "gst_clock.h"

namespace dmaflow::gst {

namespace {

struct DmaflowSource {
  GstPushSrc parent;
  FrameSource* source;
};

struct DmaflowSourceClass {
  GstPushSrcClass parent;
};

G_DEFINE_TYPE(DmaflowSource, dmaflow_source, GST_TYPE_PUSH_SRC)

FrameSource& Of(gpointer element) { return *static_cast<DmaflowSource*>(element)->source; }

void dmaflow_source_class_init(DmaflowSourceClass* type) {
  auto* element = reinterpret_cast<GstElementClass*>(type);
  gst_element_class_set_static_metadata(element, "Frames of dmaflow", "Source/Video",
                                        "Frames of a dmaflow graph in their dma-bufs", "dmaflow");
  gst_element_class_add_pad_template(
      element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, gst_caps_new_any()));
  auto* base = reinterpret_cast<GstBaseSrcClass*>(type);
  base->get_caps = [](GstBaseSrc* src, GstCaps* filter) { return Of(src).Caps(filter); };
  base->query = [](GstBaseSrc* src, GstQuery* query) { return Of(src).Query(query); };
  base->unlock = [](GstBaseSrc* src) -> gboolean {
    Of(src).Unlock(true);
    return TRUE;
  };
  base->unlock_stop = [](GstBaseSrc* src) -> gboolean {
    Of(src).Unlock(false);
    return TRUE;
  };
  base->stop = [](GstBaseSrc* src) -> gboolean {
    Of(src).Stop();
    return TRUE;
  };
  // The memory is ours: nobody is asked for a pool.
  base->decide_allocation = [](GstBaseSrc*, GstQuery*) -> gboolean { return TRUE; };
  reinterpret_cast<GstPushSrcClass*>(type)->create = [](GstPushSrc* src, GstBuffer** buffer) {
    return Of(src).Create(buffer);
  };
  reinterpret_cast<GObjectClass*>(type)->finalize = [](GObject* object) {
    delete static_cast<DmaflowSource*>(static_cast<gpointer>(object))->source;
    G_OBJECT_CLASS(dmaflow_source_parent_class)->finalize(object);
  };
}

void dmaflow_source_init(DmaflowSource* self) {
  GstBaseSrc* base = GST_BASE_SRC(self);
  gst_base_src_set_live(base, TRUE);
  gst_base_src_set_format(base, GST_FORMAT_TIME);
  self->source = new FrameSource(base);
}

}  // namespace

void RegisterFrameSource() {
  gst_element_register(nullptr, kFrameSourceFactory, GST_RANK_NONE, dmaflow_source_get_type());
}

FrameSource& FrameSourceOf(GstElement* element) { return Of(element); }

void FrameSource::SetFormat(FrameFormat format, uint32_t most, bool copy) {
  format_ = std::move(format);
  most_ = most;
  copy_ = copy;
}

void FrameSource::Connect(BufferMemories buffers, ExchangeHandle<FrameTaker> taker) {
  ended_ = false;
  taker_ = std::make_shared<ExchangeHandle<FrameTaker>>(std::move(taker));
  // Memory may come back when this element is long gone, and the handle with it.
  lent_ = LentMemory::Make(std::move(buffers), [taker = std::weak_ptr(taker_)](uint32_t index) {
    if (const auto handle = taker.lock()) (*handle)->give_back((*handle)->self, index);
  });
  (*taker_)->set_receiver(
      (*taker_)->self,
      [](void* self, const ExchangeFrame* frame) { static_cast<FrameSource*>(self)->Push(*frame); },
      [](void* self) { static_cast<FrameSource*>(self)->End(); }, this);
}

void FrameSource::Disconnect() {
  if (!taker_) return;
  (*taker_)->set_receiver((*taker_)->self, nullptr, nullptr, nullptr);
  GiveBackWaiting();
  lent_->Close();
  taker_.reset();
}

FrameSource::Counters FrameSource::counters() {
  const std::lock_guard lock(mutex_);
  return {pushed_, lent_ ? lent_->out() : 0, copied_};
}

GstCaps* FrameSource::Caps(GstCaps* filter) const {
  if (!format_.caps) return filter ? gst_caps_ref(filter) : gst_caps_new_any();
  if (!filter) return gst_caps_ref(format_.caps.get());
  return gst_caps_intersect_full(filter, format_.caps.get(), GST_CAPS_INTERSECT_FIRST);
}

void FrameSource::Push(const ExchangeFrame& frame) {
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    late = ended_;
    if (!late) waiting_.push_back(frame);
  }
  if (late) (*taker_)->give_back((*taker_)->self, frame.index);
  changed_.notify_one();
}

void FrameSource::End() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
}

GstFlowReturn FrameSource::Create(GstBuffer** buffer) {
  ExchangeFrame frame;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return flushing_ || ended_ || !waiting_.empty(); });
    if (flushing_) return GST_FLOW_FLUSHING;
    if (waiting_.empty()) return GST_FLOW_EOS;
    frame = waiting_.front();
    waiting_.pop_front();
  }
  GstPtr<GstBuffer> wrapped = Wrap(frame);
  if (!wrapped) return GST_FLOW_ERROR;
  const bool copy = copy_ && lent_->out() >= most_;
  if (copy) wrapped.reset(gst_buffer_copy_deep(wrapped.get()));
  if (!wrapped) return GST_FLOW_ERROR;
  *buffer = wrapped.release();
  const std::lock_guard lock(mutex_);
  ++pushed_;
  if (copy) ++copied_;
  return GST_FLOW_OK;
}

GstPtr<GstBuffer> FrameSource::Wrap(const ExchangeFrame& frame) {
  std::vector<GstPtr<GstMemory>> memories = lent_->Lend(frame.index);
  if (memories.empty()) {
    GST_ELEMENT_ERROR(element_, RESOURCE, FAILED, ("the frame loop gave buffer %u twice", frame.index),
                      (nullptr));
    return nullptr;
  }
  GstPtr<GstBuffer> buffer(gst_buffer_new());
  const bool compressed = format_.planes.empty();
  for (size_t i = 0; i < memories.size(); ++i) {
    if (compressed) gst_memory_resize(memories[i].get(), 0, frame.bytes_used[i]);
    gst_buffer_append_memory(buffer.get(), memories[i].release());
  }
  if (!compressed) {
    gsize offsets[GST_VIDEO_MAX_PLANES] = {};
    gint strides[GST_VIDEO_MAX_PLANES] = {};
    const auto planes = static_cast<guint>(format_.planes.size());
    for (guint i = 0; i < planes; ++i) {
      offsets[i] = format_.planes[i].offset;
      strides[i] = static_cast<gint>(format_.planes[i].stride);
    }
    gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, format_.format, format_.width,
                                   format_.height, planes, offsets, strides);
  }
  GST_BUFFER_PTS(buffer.get()) = RunningTime(GST_ELEMENT(element_), frame.timestamp);
  GST_BUFFER_DURATION(buffer.get()) = format_.duration;
  GST_BUFFER_OFFSET(buffer.get()) = frame.sequence;
  GST_BUFFER_OFFSET_END(buffer.get()) = uint64_t{frame.sequence} + 1;
  return buffer;
}

// A frame is in the camera's hands for one duration; no more than the tap's credit wait for a slow element.
gboolean FrameSource::Query(GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY || !GST_CLOCK_TIME_IS_VALID(format_.duration)) {
    return GST_BASE_SRC_CLASS(dmaflow_source_parent_class)->query(element_, query);
  }
  gst_query_set_latency(query, TRUE, format_.duration, format_.duration * most_);
  return TRUE;
}

void FrameSource::Unlock(bool locked) {
  {
    const std::lock_guard lock(mutex_);
    flushing_ = locked;
  }
  changed_.notify_one();
}

void FrameSource::Stop() { GiveBackWaiting(); }

void FrameSource::GiveBackWaiting() {
  std::deque<ExchangeFrame> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const ExchangeFrame& frame : waiting) {
    if (taker_) (*taker_)->give_back((*taker_)->self, frame.index);
  }
}

}  // namespace dmaflow::gst
