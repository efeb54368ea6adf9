#include "gst_frame_sink.h"

#include <cerrno>
#include <utility>

#include "gst_clock.h"
#include "gst_heap_memory.h"

namespace dmaflow::gst {

void FrameSink::SetFormat(FrameFormat format, uint64_t limit) {
  format_ = std::move(format);
  limit_ = limit;
}

void FrameSink::Connect(BufferMemories buffers, ExchangeHandle<FrameFiller> filler) {
  count_ = static_cast<guint>(buffers.size());
  allocator_ = NewHeapAllocator(std::move(buffers));
  ended_ = false;
  received_before_ = counters_.received;
  ours_.assign(count_, false);
  in_loop_.resize(count_);
  filler_ = std::move(filler);
  filler_->set_listener(
      filler_->self, [](void* self) { static_cast<FrameSink*>(self)->TakeFree(); }, this);
  TakeFree();
}

void FrameSink::Disconnect() {
  if (!filler_) return;
  filler_->set_listener(filler_->self, nullptr, nullptr);
  for (uint32_t index = 0; index < count_; ++index) {
    if (ours_[index]) filler_->cancel(filler_->self, index);
  }
  ours_.clear();
  in_loop_.clear();
  filler_.Reset();
}

// On the loop's thread, and once on the owner's.
void FrameSink::TakeFree() {
  uint32_t index = 0;
  while (filler_->acquire(filler_->self, &index) == 0) {
    // The buffer goes back to GStreamer without our lock: its pool has locks of its own.
    GstPtr<GstBuffer> back;
    const std::lock_guard lock(mutex_);
    ours_[index] = true;
    back = std::move(in_loop_[index]);
  }
}

FrameSink::Counters FrameSink::counters() {
  const std::lock_guard lock(mutex_);
  return counters_;
}

GstCaps* FrameSink::Caps(GstCaps* filter) const {
  if (!format_.caps) return filter ? gst_caps_ref(filter) : gst_caps_new_any();
  if (!filter) return gst_caps_ref(format_.caps.get());
  return gst_caps_intersect_full(filter, format_.caps.get(), GST_CAPS_INTERSECT_FIRST);
}

bool FrameSink::SetCaps(GstCaps* caps) {
  GstVideoInfo info;
  gst_video_info_init(&info);
  // Caps that name the layout by a DRM format say no more than the link's own do.
  if (!gst_video_info_from_caps(&info, caps) || GST_VIDEO_INFO_FORMAT(&info) != format_.format) {
    gst_video_info_set_format(&info, format_.format, format_.width, format_.height);
  }
  GstPtr<GstBufferPool> before;
  const std::lock_guard lock(mutex_);
  if (caps_ && gst_caps_is_equal(caps_.get(), caps)) return true;
  caps_.reset(gst_caps_ref(caps));
  info_ = info;
  before = std::move(pool_);
  return true;
}

GstPtr<GstBufferPool> FrameSink::Pool() {
  const std::lock_guard lock(mutex_);
  if (!pool_) pool_ = NewHeapPool(format_, count_);
  return Share(pool_.get());
}

bool FrameSink::ProposeAllocation(GstQuery* query) {
  GstCaps* caps = nullptr;
  gboolean need_pool = FALSE;
  gst_query_parse_allocation(query, &caps, &need_pool);
  if (!caps || !allocator_) return false;
  const GstPtr<GstBufferPool> pool = need_pool ? Pool() : nullptr;
  gst_query_add_allocation_pool(query, pool.get(), static_cast<guint>(format_.size), 0, count_);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  gst_query_add_allocation_param(query, allocator_.get(), &params);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return true;
}

// Only where upstream left the pool alone: frames are copied into it.
bool FrameSink::Activate(GstBufferPool* pool) {
  if (gst_buffer_pool_is_active(pool)) return true;
  GstStructure* config = gst_buffer_pool_get_config(pool);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  gst_buffer_pool_config_set_params(config, caps_.get(), static_cast<guint>(format_.size), 0, count_);
  gst_buffer_pool_config_set_allocator(config, allocator_.get(), &params);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  return gst_buffer_pool_set_config(pool, config) && gst_buffer_pool_set_active(pool, TRUE);
}

std::optional<uint32_t> FrameSink::InPlace(GstBuffer* buffer, std::string& why) {
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  const std::optional<uint32_t> index =
      gst_buffer_n_memory(buffer) == 1 ? HeapIndex(allocator_.get(), memory) : std::nullopt;
  if (!index) {
    why = Upstream() + " wrote it into memory of its own (" +
          (memory->allocator && memory->allocator->mem_type ? memory->allocator->mem_type : "of no kind") +
          ")";
    return std::nullopt;
  }
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  const bool fits = meta ? HasLayout(format_, meta->n_planes, meta->offset, meta->stride)
                         : HasLayout(format_, GST_VIDEO_INFO_N_PLANES(&info_), info_.offset, info_.stride);
  if (!fits) {
    why = Upstream() + " laid the picture out with other strides or offsets";
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  if (ours_[*index]) return index;
  why = Upstream() + " sent the same buffer again while it was still in use";
  return std::nullopt;
}

GstFlowReturn FrameSink::Copy(GstBuffer* from, GstPtr<GstBuffer>& to) {
  const GstPtr<GstBufferPool> pool = Pool();
  GstBuffer* acquired = nullptr;
  if (!Activate(pool.get())) return GST_FLOW_ERROR;
  const GstFlowReturn result = gst_buffer_pool_acquire_buffer(pool.get(), &acquired, nullptr);
  if (result != GST_FLOW_OK) return result;
  to.reset(acquired);
  GstVideoFrame source, target;
  if (!gst_video_frame_map(&source, &info_, from, GST_MAP_READ)) return GST_FLOW_ERROR;
  bool copied = gst_video_frame_map(&target, &info_, acquired, GST_MAP_WRITE);
  if (copied) {
    copied = gst_video_frame_copy(&target, &source);
    gst_video_frame_unmap(&target);
  }
  gst_video_frame_unmap(&source);
  gst_buffer_copy_into(acquired, from, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  return copied ? GST_FLOW_OK : GST_FLOW_ERROR;
}

GstFlowReturn FrameSink::Render(GstBuffer* buffer) {
  // Nothing to show: an element that says so by an empty buffer.
  if (gst_buffer_n_memory(buffer) == 0) return GST_FLOW_OK;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return GST_FLOW_EOS;
  }
  std::string why;
  if (const auto index = InPlace(buffer, why)) {
    return Submit(GstPtr<GstBuffer>(gst_buffer_ref(buffer)), *index);
  }
  GstPtr<GstBuffer> copy;
  const GstFlowReturn result = Copy(buffer, copy);
  std::string unused;
  const std::optional<uint32_t> index = result == GST_FLOW_OK ? InPlace(copy.get(), unused) : std::nullopt;
  if (!index) {
    if (result == GST_FLOW_OK || result == GST_FLOW_ERROR) {
      GST_ELEMENT_ERROR(element_, RESOURCE, FAILED, ("a frame could not be copied into the graph's buffers"),
                        ("%s; %s", why.c_str(), unused.c_str()));
      return GST_FLOW_ERROR;
    }
    return result;
  }
  {
    const std::lock_guard lock(mutex_);
    ++counters_.copied;
    counters_.copy_reason = why;
  }
  return Submit(std::move(copy), *index);
}

GstFlowReturn FrameSink::Submit(GstPtr<GstBuffer> buffer, uint32_t index) {
  const GstClockTime running =
      gst_segment_to_running_time(&element_->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer.get()));
  ExchangeFrame frame{};
  frame.index = index;
  frame.timestamp = MonotonicTime(GST_ELEMENT(element_), running);
  frame.planes = 1;
  frame.bytes_used[0] = static_cast<uint32_t>(gst_buffer_get_size(buffer.get()));
  {
    const std::lock_guard lock(mutex_);
    frame.sequence = static_cast<uint32_t>(counters_.received++);
    in_loop_[index] = std::move(buffer);
    ours_[index] = false;
  }
  const int error = filler_->submit(filler_->self, &frame);
  if (error == ESHUTDOWN) return GST_FLOW_FLUSHING;
  if (error != 0) return GST_FLOW_ERROR;
  if (limit_ != 0 && frame.sequence + 1 - received_before_ == limit_) Ended();
  return GST_FLOW_OK;
}

void FrameSink::Ended() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  if (filler_) filler_->end(filler_->self);
}

void FrameSink::Unlock(bool locked) {
  GstPtr<GstBufferPool> pool;
  {
    const std::lock_guard lock(mutex_);
    if (pool_) pool = Share(pool_.get());
  }
  if (pool) gst_buffer_pool_set_flushing(pool.get(), locked);
}

void FrameSink::Stop() {
  GstPtr<GstBufferPool> pool;
  {
    const std::lock_guard lock(mutex_);
    pool = std::move(pool_);
    caps_.reset();
  }
  if (pool) gst_buffer_pool_set_active(pool.get(), FALSE);
}

std::string FrameSink::Upstream() {
  const GstPtr<GstPad> pad(gst_pad_get_peer(element_->sinkpad));
  const GstPtr<GstElement> element(pad ? gst_pad_get_parent_element(pad.get()) : nullptr);
  return element ? GST_ELEMENT_NAME(element.get()) : "upstream";
}

}  // namespace dmaflow::gst
