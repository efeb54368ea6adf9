#include "frame_loop_capture.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ioctl.h"

namespace dmaflow::loop {

namespace {

using Planes = std::array<v4l2_plane, VIDEO_MAX_PLANES>;

FrameInfo ReadInfo(const v4l2_buffer& buffer) {
  FrameInfo info;
  info.sequence = buffer.sequence;
  info.timestamp = int64_t{buffer.timestamp.tv_sec} * 1'000'000 + buffer.timestamp.tv_usec;
  info.monotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  if (!V4L2_TYPE_IS_MULTIPLANAR(buffer.type)) {
    info.planes = 1;
    info.bytes_used[0] = buffer.bytesused;
    return info;
  }
  info.planes = std::min<uint32_t>(buffer.length, VIDEO_MAX_PLANES);
  for (uint32_t plane = 0; plane < info.planes; ++plane) {
    const v4l2_plane& said = buffer.m.planes[plane];
    info.bytes_used[plane] = said.bytesused - std::min(said.bytesused, said.data_offset);
  }
  return info;
}

}  // namespace

Capture::Capture(uint32_t id, CaptureConfig config, CaptureCounters& counters)
    : id_(id), config_(std::move(config)), counters_(counters), slots_(config_.buffers.size()) {
  counters_.buffers = static_cast<uint32_t>(slots_.size());
}

void Capture::Start() {
  streaming_ = true;
  try {
    for (uint32_t index = 0; index < slots_.size(); ++index) {
      if (const int error = Queue(index)) throw KernelError("VIDIOC_QBUF", error);
    }
    int type = static_cast<int>(config_.buffer_type);
    Ioctl(fd(), VIDIOC_STREAMON, "VIDIOC_STREAMON", &type);
  } catch (const KernelError&) {
    Stop();
    throw;
  }
}

void Capture::Stop() noexcept {
  if (!std::exchange(streaming_, false)) return;
  // This returns buffers that are queued but not yet streaming too.
  int type = static_cast<int>(config_.buffer_type);
  TryIoctl(fd(), VIDIOC_STREAMOFF, &type);
  retry_.clear();
  counters_.queued = 0;
}

Capture::Dequeued Capture::Dequeue(uint32_t& index) {
  if (!running()) return Dequeued::kNone;
  Planes planes{};
  v4l2_buffer buffer{};
  buffer.type = config_.buffer_type;
  buffer.memory = config_.memory;
  if (V4L2_TYPE_IS_MULTIPLANAR(buffer.type)) {
    buffer.m.planes = planes.data();
    buffer.length = VIDEO_MAX_PLANES;
  }
  int error = TryIoctl(fd(), VIDIOC_DQBUF, &buffer);
  if (error == EAGAIN) return Dequeued::kNone;
  if (error == 0 && buffer.index >= slots_.size()) error = EIO;
  if (error) {
    failure_.emplace("VIDIOC_DQBUF", error);
    return Dequeued::kNone;
  }
  counters_.queued.fetch_sub(1);
  CountSequence(buffer.sequence);
  if (buffer.flags & V4L2_BUF_FLAG_ERROR) {
    counters_.errored.fetch_add(1);
    Requeue(buffer.index);
    return Dequeued::kRecycled;
  }
  counters_.captured.fetch_add(1);
  index = buffer.index;
  slots_[index].info = ReadInfo(buffer);
  return Dequeued::kFrame;
}

void Capture::FailUnexplained() {
  if (!failure_) failure_.emplace("VIDIOC_DQBUF", EIO);
}

void Capture::CountSequence(uint32_t sequence) {
  if (last_sequence_) {
    // The two fields of an interlaced frame share a number, and one that goes back is a driver that started anew.
    const uint32_t step = sequence - *last_sequence_;
    if (step > 1 && step < UINT32_MAX / 2) counters_.lost.fetch_add(step - 1);
  }
  last_sequence_ = sequence;
}

int Capture::Queue(uint32_t index) {
  const std::vector<BufferPlane>& memory = config_.buffers[index];
  Planes planes{};
  v4l2_buffer buffer{};
  buffer.type = config_.buffer_type;
  buffer.memory = config_.memory;
  buffer.index = index;
  if (V4L2_TYPE_IS_MULTIPLANAR(buffer.type)) {
    for (size_t plane = 0; plane < memory.size(); ++plane) {
      planes[plane].length = memory[plane].length;
      if (memory[plane].fd) planes[plane].m.fd = memory[plane].fd.get();
    }
    buffer.m.planes = planes.data();
    buffer.length = static_cast<uint32_t>(memory.size());
  } else {
    buffer.length = memory[0].length;
    if (memory[0].fd) buffer.m.fd = memory[0].fd.get();
  }
  const int error = TryIoctl(fd(), VIDIOC_QBUF, &buffer);
  if (error == 0) counters_.queued.fetch_add(1);
  return error;
}

void Capture::Requeue(uint32_t index) {
  if (!running()) return;
  const int error = Queue(index);
  if (error == EAGAIN) {
    retry_.push_back(index);
  } else if (error) {
    failure_.emplace("VIDIOC_QBUF", error);
  }
}

void Capture::RetryQueue() {
  std::vector<uint32_t> again;
  again.swap(retry_);
  for (const uint32_t index : again) Requeue(index);
}

bool Capture::TapMayTake(uint32_t index, std::optional<uint32_t> instead) const {
  size_t held = tap_held_;
  if (instead && slots_[*instead].taps == 1) --held;
  if (slots_[index].taps == 0) ++held;
  return held + config_.reserve <= slots_.size();
}

void Capture::Hold(uint32_t index, Holder holder) {
  Slot& slot = slots_[index];
  if (holder == Holder::kDisplay) {
    ++slot.displays;
  } else if (slot.taps++ == 0) {
    ++tap_held_;
  }
}

void Capture::Drop(uint32_t index, Holder holder) {
  Slot& slot = slots_[index];
  if (holder == Holder::kDisplay) {
    --slot.displays;
  } else if (--slot.taps == 0) {
    --tap_held_;
  }
  if (slot.displays == 0 && slot.taps == 0) Requeue(index);
}

}  // namespace dmaflow::loop
