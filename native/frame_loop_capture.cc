#include "frame_loop_capture.h"

#include <algorithm>
#include <cerrno>

namespace dmaflow::loop {

namespace {

FrameInfo InfoOf(const V4l2Buffer& buffer) {
  FrameInfo info;
  info.sequence = buffer.sequence;
  info.timestamp = buffer.timestamp_us;
  info.monotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  info.planes = static_cast<uint32_t>(buffer.plane_count);
  for (uint32_t index = 0; index < info.planes; ++index) {
    const V4l2Plane& plane = buffer.planes[index];
    info.bytes_used[index] = plane.bytes_used - std::min(plane.bytes_used, plane.data_offset);
  }
  return info;
}

}  // namespace

Capture::Capture(uint32_t id, CaptureConfig config, CaptureCounters& counters, Epoll& epoll)
    : FrameQueue(id, FrameBuffers(config), config.reserve, counters, epoll), config_(std::move(config)) {
  for (const auto& buffer : config_.buffers) {
    std::vector<V4l2QueuePlane>& planes = planes_.emplace_back();
    for (const BufferPlane& plane : buffer) planes.push_back({plane.fd.get(), plane.length});
  }
}

void Capture::Start() {
  streaming_ = true;
  try {
    if (!config_.copy_into.empty()) copier_.emplace(config_);
    for (uint32_t index = 0; index < planes_.size(); ++index) Queue(index);
    StreamOn(fd(), config_.buffer_type);
  } catch (const KernelError&) {
    Stop();
    throw;
  }
}

void Capture::Stop() noexcept {
  if (!std::exchange(streaming_, false)) return;
  try {
    // This returns buffers that are queued but not yet streaming too.
    StreamOff(fd(), config_.buffer_type);
  } catch (const KernelError&) {
    // The device is gone, and the buffers with it.
  }
  retry_.clear();
  DropFences();
  counters().queued = 0;
}

std::optional<V4l2Buffer> Capture::TakeFromDriver() {
  try {
    std::optional<V4l2Buffer> buffer = DequeueBuffer(fd(), config_.buffer_type, config_.memory);
    if (buffer && buffer->index >= planes_.size()) throw KernelError("VIDIOC_DQBUF", EIO);
    return buffer;
  } catch (const KernelError& error) {
    Fail(error);
    return std::nullopt;
  }
}

Capture::Dequeued Capture::Dequeue(uint32_t& index) {
  if (!running()) return Dequeued::kNone;
  const std::optional<V4l2Buffer> buffer = TakeFromDriver();
  if (!buffer) return Dequeued::kNone;
  counters().queued.fetch_sub(1);
  CountSequence(buffer->sequence);
  if (buffer->flags & V4L2_BUF_FLAG_ERROR) {
    counters().errored.fetch_add(1);
    Requeue(buffer->index);
    return Dequeued::kRecycled;
  }
  const std::optional<uint32_t> place = Place(*buffer);
  if (!place) return Dequeued::kRecycled;
  index = *place;
  counters().captured.fetch_add(1);
  SetFrame(index, InfoOf(*buffer));
  return Dequeued::kFrame;
}

std::optional<uint32_t> Capture::Place(const V4l2Buffer& buffer) {
  if (!copier_) return buffer.index;
  try {
    const std::optional<uint32_t> target = copier_->Copy(buffer);
    Requeue(buffer.index);
    if (target) {
      counters().copied.fetch_add(1);
      counters().copied_bytes.fetch_add(copier_->bytes());
    } else {
      counters().lost.fetch_add(1);
    }
    return target;
  } catch (const KernelError& error) {
    Fail(error);
    return std::nullopt;
  }
}

void Capture::Free(uint32_t index) {
  if (copier_) {
    copier_->Free(index);
  } else {
    Requeue(index);
  }
}

void Capture::FailUnexplained() { Fail(KernelError("VIDIOC_DQBUF", EIO)); }

void Capture::CountSequence(uint32_t sequence) {
  if (last_sequence_) {
    // The two fields of an interlaced frame share a number, and one that goes back is a driver that started
    // anew.
    const uint32_t step = sequence - *last_sequence_;
    if (step > 1 && step < UINT32_MAX / 2) counters().lost.fetch_add(step - 1);
  }
  last_sequence_ = sequence;
}

void Capture::Queue(uint32_t index) {
  QueueBuffer(fd(), config_.buffer_type, config_.memory, index, planes_[index]);
  counters().queued.fetch_add(1);
}

void Capture::Requeue(uint32_t index) {
  if (!running()) return;
  try {
    Queue(index);
  } catch (const KernelError& error) {
    if (error.error() == EAGAIN) {
      retry_.push_back(index);
    } else {
      Fail(error);
    }
  }
}

void Capture::RetryQueue() {
  std::vector<uint32_t> again;
  again.swap(retry_);
  for (const uint32_t index : again) Requeue(index);
}

}  // namespace dmaflow::loop
