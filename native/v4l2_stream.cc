#include "v4l2_stream.h"

#include <linux/videodev2.h>

#include <optional>
#include <utility>
#include <vector>

#include "call.h"
#include "ioctl.h"
#include "v4l2_buffer.h"

namespace dmaflow {

namespace {

// Of the planes that the buffer has, each as `describe` fills it in.
template <typename Describe>
Napi::Array PlaneList(Napi::Env env, const V4l2Buffer& buffer, Describe describe) {
  const Napi::Array planes = Napi::Array::New(env, buffer.plane_count);
  for (uint32_t index = 0; index < buffer.plane_count; ++index) {
    const Napi::Object plane = Napi::Object::New(env);
    describe(plane, buffer.planes[index]);
    planes.Set(index, plane);
  }
  return planes;
}

Napi::Value RequestBuffers(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_REQBUFS");
  v4l2_requestbuffers request = {};
  request.type = call.Arg(1, "type").Uint32();
  request.memory = call.Arg(2, "memory").Uint32();
  request.count = call.Arg(3, "count").Uint32();
  Ioctl(fd, VIDIOC_REQBUFS, "VIDIOC_REQBUFS", &request);
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("count", request.count);
  result.Set("capabilities", request.capabilities);
  return result;
}

Napi::Value Query(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_QUERYBUF");
  const V4l2Buffer buffer = QueryBuffer(fd, call.Arg(1, "type").Uint32(), call.Arg(2, "index").Uint32());
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("index", buffer.index);
  result.Set("flags", buffer.flags);
  result.Set("planes", PlaneList(call.env(), buffer, [](Napi::Object object, const V4l2Plane& plane) {
               object.Set("length", plane.length);
               object.Set("offset", plane.mmap_offset);
               object.Set("dataOffset", plane.data_offset);
             }));
  return result;
}

Napi::Value Queue(Call& call) {
  constexpr char kRequest[] = "VIDIOC_QBUF";
  const int fd = call.Fd(0, "fd", kRequest);
  const uint32_t type = call.Arg(1, "type").Uint32();
  const uint32_t memory = call.Arg(2, "memory").Uint32();
  const uint32_t index = call.Arg(3, "index").Uint32();
  const Argument list = call.Arg(4, "planes");
  std::vector<V4l2QueuePlane> planes;
  for (const Argument& element : list.Elements()) {
    V4l2QueuePlane plane;
    plane.length = element["length"].Uint32();
    if (memory == V4L2_MEMORY_DMABUF) plane.fd = call.addon().fds.Get(element["fd"].Int32(), kRequest);
    planes.push_back(plane);
  }
  const size_t most = IsMultiplanar(type) ? VIDEO_MAX_PLANES : 1;
  if (planes.size() > most) throw list.OutOfRange("an array of at most " + std::to_string(most));
  QueueBuffer(fd, type, memory, index, planes);
  return call.env().Undefined();
}

Napi::Value Dequeue(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_DQBUF");
  const std::optional<V4l2Buffer> buffer =
      DequeueBuffer(fd, call.Arg(1, "type").Uint32(), call.Arg(2, "memory").Uint32());
  if (!buffer) return call.env().Undefined();
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("index", buffer->index);
  result.Set("flags", buffer->flags);
  result.Set("sequence", buffer->sequence);
  result.Set("field", buffer->field);
  result.Set("timestamp", static_cast<double>(buffer->timestamp_us));
  result.Set("planes", PlaneList(call.env(), *buffer, [](Napi::Object object, const V4l2Plane& plane) {
               object.Set("bytesUsed", plane.bytes_used);
               object.Set("length", plane.length);
               object.Set("dataOffset", plane.data_offset);
             }));
  return result;
}

Napi::Value ExportToFd(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_EXPBUF");
  UniqueFd exported = ExportBuffer(fd, call.Arg(1, "type").Uint32(), call.Arg(2, "index").Uint32(),
                                   call.Arg(3, "plane").Uint32());
  return Napi::Number::New(call.env(), call.addon().fds.Add(std::move(exported)));
}

Napi::Value On(Call& call) {
  StreamOn(call.Fd(0, "fd", "VIDIOC_STREAMON"), call.Arg(1, "type").Uint32());
  return call.env().Undefined();
}

Napi::Value Off(Call& call) {
  StreamOff(call.Fd(0, "fd", "VIDIOC_STREAMOFF"), call.Arg(1, "type").Uint32());
  return call.env().Undefined();
}

}  // namespace

void RegisterV4l2Stream(Napi::Env env, Napi::Object exports) {
  Export<RequestBuffers>(env, exports, "v4l2RequestBuffers");
  Export<Query>(env, exports, "v4l2QueryBuffer");
  Export<Queue>(env, exports, "v4l2QueueBuffer");
  Export<Dequeue>(env, exports, "v4l2DequeueBuffer");
  Export<ExportToFd>(env, exports, "v4l2ExportBuffer");
  Export<On>(env, exports, "v4l2StreamOn");
  Export<Off>(env, exports, "v4l2StreamOff");
}

}  // namespace dmaflow
