#include "frame_loop_values.h"

#include <fcntl.h>
#include <linux/videodev2.h>

#include <cerrno>
#include <deque>
#include <string>
#include <utility>

#include "v4l2_buffer.h"

namespace dmaflow {

namespace {

uint32_t Positive(const Argument& argument) {
  const uint32_t number = argument.Uint32();
  if (number == 0) throw argument.OutOfRange("at least 1");
  return number;
}

const char* DeviceName(loop::Device device) {
  switch (device) {
    case loop::Device::kCapture:
      return "capture";
    case loop::Device::kPool:
      return "pool";
    case loop::Device::kDisplay:
      return "display";
  }
  return "";
}

// `memory`: V4L2_MEMORY_DMABUF, or V4L2_MEMORY_MMAP of the driver's own.
std::vector<loop::BufferPlane> TakePlanes(const Argument& list, const loop::CaptureConfig& config,
                                          uint32_t memory, const FdTable& fds) {
  const std::vector<Argument> elements = list.Elements();
  const size_t most = IsMultiplanar(config.buffer_type) ? VIDEO_MAX_PLANES : 1;
  if (elements.empty() || elements.size() > most) {
    throw list.OutOfRange(most == 1 ? "an array of 1 plane"
                                    : "an array of 1 to " + std::to_string(most) + " planes");
  }
  std::vector<loop::BufferPlane> planes;
  for (const Argument& element : elements) {
    loop::BufferPlane plane;
    plane.length = element["length"].Uint32();
    if (memory == V4L2_MEMORY_DMABUF) plane.fd = fds.Duplicate(element["fd"].Int32(), "VIDIOC_QBUF");
    const Argument offset = element["offset"];
    if (!offset.IsUndefined()) plane.offset = offset.Uint32();
    planes.push_back(std::move(plane));
  }
  return planes;
}

std::vector<loop::PropertyValue> TakeProperties(const Argument& list) {
  std::vector<loop::PropertyValue> properties;
  for (const Argument& element : list.Elements()) {
    // Two's complement where the property is signed.
    properties.push_back({element["objectId"].Uint32(), element["propertyId"].Uint32(),
                          static_cast<uint64_t>(element["value"].Int64())});
  }
  return properties;
}

Napi::Object CaptureStats(Napi::Env env, const loop::CaptureCounters& counters) {
  const Napi::Object stats = Napi::Object::New(env);
  stats.Set("captured", static_cast<double>(counters.captured));
  stats.Set("lost", static_cast<double>(counters.lost));
  stats.Set("errored", static_cast<double>(counters.errored));
  stats.Set("copied", static_cast<double>(counters.copied));
  stats.Set("copiedBytes", static_cast<double>(counters.copied_bytes));
  stats.Set("queued", static_cast<double>(counters.queued));
  stats.Set("buffers", static_cast<double>(counters.buffers));
  return stats;
}

Napi::Object DisplayStats(Napi::Env env, const loop::DisplayCounters& counters) {
  const loop::LatencySummary summary = counters.latency.Summary();
  const Napi::Object latency = Napi::Object::New(env);
  latency.Set("min", static_cast<double>(summary.min));
  latency.Set("mean", summary.mean);
  latency.Set("p50", static_cast<double>(summary.p50));
  latency.Set("p99", static_cast<double>(summary.p99));
  latency.Set("max", static_cast<double>(summary.max));
  const Napi::Object stats = Napi::Object::New(env);
  stats.Set("committed", static_cast<double>(counters.committed));
  stats.Set("shown", static_cast<double>(counters.shown));
  stats.Set("dropped", static_cast<double>(counters.dropped));
  stats.Set("latency", latency);
  stats.Set("lastFlip", static_cast<double>(counters.last_flip));
  return stats;
}

Napi::Object TapStats(Napi::Env env, const loop::TapCounters& counters) {
  const Napi::Object stats = Napi::Object::New(env);
  stats.Set("delivered", static_cast<double>(counters.delivered));
  stats.Set("skipped", static_cast<double>(counters.skipped));
  stats.Set("notDue", static_cast<double>(counters.not_due));
  return stats;
}

template <typename Each, typename Value>
Napi::Array ArrayOf(Napi::Env env, const std::deque<Each>& list, Value value) {
  const Napi::Array array = Napi::Array::New(env, list.size());
  for (uint32_t index = 0; index < list.size(); ++index) array.Set(index, value(env, list[index]));
  return array;
}

}  // namespace

loop::CaptureConfig TakeCapture(const Argument& config, const FdTable& fds) {
  loop::CaptureConfig capture;
  const Argument fd = config["fd"];
  capture.fd = fds.Duplicate(fd.Int32(), "VIDIOC_STREAMON");
  if (!(::fcntl(capture.fd.get(), F_GETFL) & O_NONBLOCK)) {
    throw fd.OutOfRange("opened with nonblock, as the loop waits for several devices at once");
  }
  capture.buffer_type = config["bufferType"].Uint32();
  capture.memory = config["memory"].Uint32();
  const Argument buffers = config["buffers"];
  for (const Argument& buffer : buffers.Elements()) {
    capture.buffers.push_back(TakePlanes(buffer["planes"], capture, capture.memory, fds));
  }
  if (capture.buffers.empty()) throw buffers.OutOfRange("an array of at least 1 buffer");
  const Argument copy_into = config["copyInto"];
  if (!copy_into.IsUndefined()) {
    if (capture.memory != V4L2_MEMORY_MMAP)
      throw copy_into.OutOfRange("left out, but for buffers of the driver's own");
    for (const Argument& buffer : copy_into.Elements()) {
      capture.copy_into.push_back(TakePlanes(buffer["planes"], capture, V4L2_MEMORY_DMABUF, fds));
    }
    if (capture.copy_into.empty()) throw copy_into.OutOfRange("an array of at least 1 buffer");
  }
  const Argument reserve = config["reserve"];
  capture.reserve = reserve.Uint32();
  if (capture.reserve > loop::FrameBuffers(capture)) {
    throw reserve.OutOfRange("at most the number of buffers, " + std::to_string(loop::FrameBuffers(capture)));
  }
  const Argument frames = config["frames"];
  const int64_t limit = frames.Int64();
  if (limit < 0) throw frames.OutOfRange("at least 0");
  capture.frames = static_cast<uint64_t>(limit);
  return capture;
}

loop::PoolConfig TakePool(const Argument& config) {
  loop::PoolConfig pool;
  pool.buffers = Positive(config["buffers"]);
  const Argument reserve = config["reserve"];
  pool.reserve = reserve.Uint32();
  if (pool.reserve > pool.buffers) {
    throw reserve.OutOfRange("at most the number of buffers, " + std::to_string(pool.buffers));
  }
  return pool;
}

loop::FrameInfo TakeFrameInfo(const Argument& frame) {
  loop::FrameInfo info;
  info.sequence = frame["sequence"].Uint32();
  info.timestamp = frame["timestamp"].Int64();
  info.monotonic = true;
  const Argument bytes_used = frame["bytesUsed"];
  for (const Argument& bytes : bytes_used.Elements()) {
    if (info.planes == VIDEO_MAX_PLANES) throw bytes_used.OutOfRange("an array of at most 8 numbers");
    info.bytes_used[info.planes++] = bytes.Uint32();
  }
  return info;
}

loop::DisplayConfig TakeDisplay(const Argument& config, const FdTable& fds) {
  loop::DisplayConfig display;
  display.fd = fds.Duplicate(config["fd"].Int32(), "DRM_IOCTL_MODE_ATOMIC");
  // Set here because a leased fd comes as it is. Who else reads this file (kmsReadEvents) polls it first.
  const int flags = ::fcntl(display.fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(display.fd.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    throw KernelError("fcntl", errno);
  display.crtc = config["crtcId"].Uint32();
  display.modeset = TakeProperties(config["modeset"]);
  display.plane = config["planeId"].Uint32();
  display.framebuffer_property = config["fbIdProperty"].Uint32();
  const Argument in_fence = config["inFenceProperty"];
  if (!in_fence.IsUndefined()) display.in_fence_property = in_fence.Uint32();
  return display;
}

loop::TapConfig TakeTap(const Argument& config) {
  loop::TapConfig tap;
  tap.capture = config["capture"].Uint32();
  tap.max = Positive(config["max"]);
  const Argument policy = config["policy"];
  const std::string name = policy.String();
  if (name != "latest" && name != "every") throw policy.WrongType("'latest' or 'every'");
  tap.policy = name == "latest" ? loop::TapPolicy::kLatest : loop::TapPolicy::kEvery;
  tap.drain = config["drain"].Boolean();
  const Argument interval = config["interval"];
  if (!interval.IsUndefined()) tap.interval = interval.Uint32();
  tap.native = config["native"].OptionalBoolean();
  tap.passed = config["passed"].OptionalBoolean();
  return tap;
}

std::vector<uint32_t> TakeFramebuffers(const Argument& framebuffers) {
  std::vector<uint32_t> ids;
  for (const Argument& framebuffer : framebuffers.Elements()) ids.push_back(Positive(framebuffer));
  return ids;
}

loop::CommitRequest TakeCommit(uint32_t display, const Argument& properties, const Argument& out_fence) {
  loop::CommitRequest request;
  request.display = display;
  request.properties = TakeProperties(properties);
  if (!out_fence.IsUndefined()) {
    request.out_fence = {out_fence["objectId"].Uint32(), out_fence["propertyId"].Uint32()};
  }
  return request;
}

Napi::Object ErrorValue(Napi::Env env, const loop::ErrorEvent& error) {
  const Napi::Object value = Napi::Object::New(env);
  value.Set("source", DeviceName(error.device));
  value.Set("id", error.id);
  value.Set("errno", error.error.error());
  value.Set("syscall", error.error.syscall());
  return value;
}

Napi::Object StatsValue(Napi::Env env, const loop::Counters& counters) {
  const Napi::Object stats = Napi::Object::New(env);
  stats.Set("captures", ArrayOf(env, counters.captures, CaptureStats));
  stats.Set("displays", ArrayOf(env, counters.displays, DisplayStats));
  stats.Set("taps", ArrayOf(env, counters.taps, TapStats));
  stats.Set("realtime", Napi::Boolean::New(env, counters.realtime));
  return stats;
}

}  // namespace dmaflow
