#include "v4l2_buffer.h"

#include <fcntl.h>

#include <cerrno>

#include "ioctl.h"
#include "kernel_error.h"

namespace dmaflow {

namespace {

// A struct v4l2_buffer with room for its planes. Not movable: the kernel's struct points into it.
class Request {
 public:
  Request(uint32_t type, uint32_t memory, uint32_t index) {
    buffer_.type = type;
    buffer_.memory = memory;
    buffer_.index = index;
    if (IsMultiplanar(type)) {
      buffer_.m.planes = planes_.data();
      buffer_.length = static_cast<uint32_t>(planes_.size());
    }
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  v4l2_buffer& buffer() { return buffer_; }
  v4l2_plane& plane(size_t index) { return planes_[index]; }

  V4l2Buffer Result() const {
    V4l2Buffer result;
    result.index = buffer_.index;
    result.flags = buffer_.flags;
    result.sequence = buffer_.sequence;
    result.field = buffer_.field;
    result.timestamp_us =
        static_cast<int64_t>(buffer_.timestamp.tv_sec) * 1000000 + buffer_.timestamp.tv_usec;
    const bool mmap = buffer_.memory == V4L2_MEMORY_MMAP;
    if (!IsMultiplanar(buffer_.type)) {
      result.plane_count = 1;
      result.planes[0] = {buffer_.bytesused, buffer_.length, 0, mmap ? buffer_.m.offset : 0};
      return result;
    }
    // In a multi-planar buffer `length` is the number of planes.
    result.plane_count = buffer_.length;
    for (size_t index = 0; index < result.plane_count; ++index) {
      const v4l2_plane& plane = planes_[index];
      result.planes[index] = {plane.bytesused, plane.length, plane.data_offset,
                              mmap ? plane.m.mem_offset : 0};
    }
    return result;
  }

 private:
  v4l2_buffer buffer_ = {};
  std::array<v4l2_plane, VIDEO_MAX_PLANES> planes_ = {};
};

}  // namespace

bool IsMultiplanar(uint32_t type) { return V4L2_TYPE_IS_MULTIPLANAR(type); }

V4l2Buffer QueryBuffer(int fd, uint32_t type, uint32_t index) {
  Request request(type, 0, index);
  Ioctl(fd, VIDIOC_QUERYBUF, "VIDIOC_QUERYBUF", &request.buffer());
  return request.Result();
}

void QueueBuffer(int fd, uint32_t type, uint32_t memory, uint32_t index,
                 const std::vector<V4l2QueuePlane>& planes) {
  constexpr char kRequest[] = "VIDIOC_QBUF";
  const bool multiplanar = IsMultiplanar(type);
  if (planes.size() > (multiplanar ? VIDEO_MAX_PLANES : 1)) throw KernelError(kRequest, EINVAL);
  Request request(type, memory, index);
  if (multiplanar) {
    request.buffer().length = static_cast<uint32_t>(planes.size());
    for (size_t plane = 0; plane < planes.size(); ++plane) {
      request.plane(plane).length = planes[plane].length;
      if (memory == V4L2_MEMORY_DMABUF) request.plane(plane).m.fd = planes[plane].fd;
    }
  } else if (!planes.empty()) {
    request.buffer().length = planes[0].length;
    if (memory == V4L2_MEMORY_DMABUF) request.buffer().m.fd = planes[0].fd;
  }
  Ioctl(fd, VIDIOC_QBUF, kRequest, &request.buffer());
}

std::optional<V4l2Buffer> DequeueBuffer(int fd, uint32_t type, uint32_t memory) {
  Request request(type, memory, 0);
  const int error = TryIoctl(fd, VIDIOC_DQBUF, &request.buffer());
  if (error == EAGAIN) return std::nullopt;
  if (error != 0) throw KernelError("VIDIOC_DQBUF", error);
  return request.Result();
}

UniqueFd ExportBuffer(int fd, uint32_t type, uint32_t index, uint32_t plane) {
  v4l2_exportbuffer request = {};
  request.type = type;
  request.index = index;
  request.plane = plane;
  request.flags = O_RDWR | O_CLOEXEC;
  Ioctl(fd, VIDIOC_EXPBUF, "VIDIOC_EXPBUF", &request);
  return UniqueFd(request.fd);
}

void StreamOn(int fd, uint32_t type) {
  int argument = static_cast<int>(type);
  Ioctl(fd, VIDIOC_STREAMON, "VIDIOC_STREAMON", &argument);
}

void StreamOff(int fd, uint32_t type) {
  int argument = static_cast<int>(type);
  Ioctl(fd, VIDIOC_STREAMOFF, "VIDIOC_STREAMOFF", &argument);
}

}  // namespace dmaflow
