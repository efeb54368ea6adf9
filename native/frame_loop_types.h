// What goes into the frame loop and what comes out of it: plain values, free of JavaScript.
#pragma once

#include <linux/videodev2.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "kernel_error.h"
#include "unique_fd.h"

namespace dmaflow::loop {

// CLOCK_MONOTONIC on Linux, as the kernel's own timestamps of frames and flips.
using Clock = std::chrono::steady_clock;

struct PropertyValue {
  uint32_t object = 0;
  uint32_t property = 0;
  uint64_t value = 0;
};

// A property that takes the address of an s32 for an out-fence.
struct OutFenceProperty {
  uint32_t object = 0;
  uint32_t property = 0;
};

struct BufferPlane {
  // Of a dma-buf: for V4L2_MEMORY_DMABUF, and of what frames are copied into.
  UniqueFd fd;
  uint32_t length = 0;
  // Of the driver's own memory, for mmap: where its frames are copied.
  uint32_t offset = 0;
};

struct CaptureConfig {
  UniqueFd fd;
  uint32_t buffer_type = 0;
  uint32_t memory = 0;
  // By V4L2 index, then by memory plane.
  std::vector<std::vector<BufferPlane>> buffers;
  // Where frames are copied into buffers of their own (FrameCopier): by the frames' index, then by memory
  // plane.
  std::vector<std::vector<BufferPlane>> copy_into;
  // Buffers that taps may never hold back from the driver.
  uint32_t reserve = 0;
  // End of stream after this many; 0: never.
  uint64_t frames = 0;
};

struct PoolConfig {
  uint32_t buffers = 0;
  // Buffers that taps may never hold back from the filler.
  uint32_t reserve = 0;
};

// How many buffers there are for frames.
inline size_t FrameBuffers(const CaptureConfig& config) {
  return config.copy_into.empty() ? config.buffers.size() : config.copy_into.size();
}

struct DisplayConfig {
  UniqueFd fd;
  uint32_t crtc = 0;
  std::vector<PropertyValue> modeset;
  uint32_t plane = 0;
  uint32_t framebuffer_property = 0;
  std::optional<uint32_t> in_fence_property;
};

enum class TapPolicy { kLatest, kEvery };

struct TapConfig {
  // The capture or pool.
  uint32_t capture = 0;
  uint32_t max = 0;
  TapPolicy policy = TapPolicy::kLatest;
  // The end of the stream waits for the frames that wait here.
  bool drain = false;
  // Microseconds of the frames' time between two that the tap takes; 0: every frame.
  int64_t interval = 0;
  // The frames go to the tap's TapPort. Otherwise the owner gets them, as FrameEvents.
  bool native = false;
  // It gets only what other taps of the queue pass on to it.
  bool passed = false;
};

// What one DQBUF, or the filler of a pool, said about a buffer.
struct FrameInfo {
  uint32_t sequence = 0;
  // Microseconds.
  int64_t timestamp = 0;
  // Whether `timestamp` is of CLOCK_MONOTONIC, so that it can be compared with a flip's.
  bool monotonic = false;
  // By memory plane, without the plane's data_offset.
  uint32_t planes = 0;
  std::array<uint32_t, VIDEO_MAX_PLANES> bytes_used{};
};

// Properties that go with one commit of a display.
struct CommitRequest {
  uint32_t id = 0;
  uint32_t display = 0;
  std::vector<PropertyValue> properties;
  std::optional<OutFenceProperty> out_fence;
  Clock::time_point received;
};

enum class Device { kCapture, kPool, kDisplay };

// A frame for the owner of the loop: one reference, to be given back by Release or Present.
struct FrameEvent {
  uint32_t tap = 0;
  uint32_t capture = 0;
  uint32_t index = 0;
  FrameInfo info;
};

// A device failed and is out of the loop.
struct ErrorEvent {
  Device device = Device::kCapture;
  uint32_t id = 0;
  KernelError error;
};

// Every capture with a limit reached it, every pool was ended, and what came of it was shown or is the
// owner's.
struct EndEvent {};

// A buffer of a pool is free, after Acquire had none and where nobody listens at its port.
struct FreeEvent {
  uint32_t pool = 0;
};

// The captures stream, or `failure` says why not; a StopEvent follows a failure.
struct StartEvent {
  std::optional<ErrorEvent> failure;
};

// A commit request is done. Neither shown nor failed: the loop was stopped before.
struct CommitEvent {
  uint32_t request = 0;
  uint32_t display = 0;
  bool stopped = false;
  std::optional<KernelError> error;
};

// The last event: nothing is left in a driver, every fd of the loop is closed.
struct StopEvent {};

using Event = std::variant<FrameEvent, ErrorEvent, EndEvent, FreeEvent, StartEvent, CommitEvent, StopEvent>;

class Listener {
 public:
  virtual ~Listener() = default;
  // Events wait: the owner is to dispatch them (FrameLoop::BeginDispatch) on its own thread, soon. Called on
  // the loop's thread, once for all events until the owner has ended its dispatch; must not block.
  virtual void Wake() noexcept = 0;
};

// The owner used something that it does not hold, or at a time when it may not.
class StateError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace dmaflow::loop
