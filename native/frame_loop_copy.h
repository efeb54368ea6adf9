// Frames copied out of a driver's own buffers, where neither side can use the other's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "frame_loop_types.h"
#include "v4l2_buffer.h"

namespace dmaflow::loop {

// Part of a file in this process' memory. Unmapped in one place, ~MappedPlane.
class MappedPlane {
 public:
  // Throws KernelError.
  MappedPlane(int fd, size_t length, size_t offset, int protection);
  ~MappedPlane();
  MappedPlane(MappedPlane&& other) noexcept;
  MappedPlane& operator=(MappedPlane&&) = delete;
  MappedPlane(const MappedPlane&) = delete;
  MappedPlane& operator=(const MappedPlane&) = delete;

  void* data() const { return data_; }
  size_t length() const { return length_; }

 private:
  void* data_;
  size_t length_;
};

// The driver's buffers (V4L2_MEMORY_MMAP), mapped once, and the buffers that frames are copied into, with
// those of them that are free. The life of a target:
//   1. It is free.
//   2. Copy takes it: START, the bytes that the driver says it filled, END. It holds a frame.
//   3. Free, when nobody holds the frame any more: back to 1.
//
// Belongs to the loop's thread.
class FrameCopier {
 public:
  // Throws KernelError. `config` outlives this.
  explicit FrameCopier(const CaptureConfig& config);

  // The index of the target that holds the frame now. Empty where none is free. Throws KernelError.
  std::optional<uint32_t> Copy(const V4l2Buffer& buffer);
  void Free(uint32_t index) { free_.push_back(index); }
  uint64_t bytes() const { return bytes_; }

 private:
  uint64_t CopyPlanes(const V4l2Buffer& buffer, uint32_t target);

  const CaptureConfig& config_;
  // By the driver's index, and by target; then by memory plane.
  std::vector<std::vector<MappedPlane>> sources_;
  std::vector<std::vector<MappedPlane>> targets_;
  std::vector<uint32_t> free_;
  // Of the last copy.
  uint64_t bytes_ = 0;
};

}  // namespace dmaflow::loop
