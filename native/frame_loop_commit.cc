#include "frame_loop_commit.h"

#include <linux/sync_file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "ioctl.h"

namespace dmaflow::loop {

namespace {

void ParseFlips(const char* bytes, size_t length, std::vector<FlipEvent>& flips) {
  drm_event header{};
  for (size_t at = 0; at + sizeof header <= length; at += std::max<size_t>(header.length, sizeof header)) {
    std::memcpy(&header, bytes + at, sizeof header);
    if (header.type != DRM_EVENT_FLIP_COMPLETE || at + sizeof(drm_event_vblank) > length) continue;
    drm_event_vblank flip{};
    std::memcpy(&flip, bytes + at, sizeof flip);
    flips.push_back({flip.crtc_id, static_cast<uint32_t>(flip.user_data),
                     int64_t{flip.tv_sec} * 1'000'000 + int64_t{flip.tv_usec}});
  }
}

}  // namespace

int SubmitCommit(int drm_fd, drmModeAtomicReq& request, const std::vector<PropertyValue>& properties,
                 uint32_t flags, uint32_t token) {
  drmModeAtomicSetCursor(&request, 0);
  for (const PropertyValue& property : properties) {
    const int added = drmModeAtomicAddProperty(&request, property.object, property.property, property.value);
    if (added < 0) return -added;
  }
  return -drmModeAtomicCommit(drm_fd, &request, flags, reinterpret_cast<void*>(uintptr_t{token}));
}

int ReadFlips(int drm_fd, std::vector<FlipEvent>& flips) {
  alignas(drm_event_vblank) std::array<char, 1024> bytes;
  for (;;) {
    const ssize_t length = ::read(drm_fd, bytes.data(), bytes.size());
    if (length < 0 && errno == EINTR) continue;
    // Several displays may share the file: the one before may have read it empty.
    if (length < 0) return errno == EAGAIN ? 0 : errno;
    ParseFlips(bytes.data(), static_cast<size_t>(length), flips);
    return 0;
  }
}

int SyncFileStatus(int fd) {
  sync_file_info info{};
  if (const int error = TryIoctl(fd, SYNC_IOC_FILE_INFO, &info)) return error;
  if (info.status < 0) return -info.status;
  return info.status == 0 ? EAGAIN : 0;
}

}  // namespace dmaflow::loop
