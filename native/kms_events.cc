#include "kms_events.h"

#include <drm.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>

namespace dmaflow {

namespace {

// include/uapi/linux/major.h does not have it; Documentation/admin-guide/devices.txt does.
constexpr unsigned int kDrmMajor = 226;

}  // namespace

void AppendFlips(const char* bytes, size_t length, std::vector<FlipEvent>& flips) {
  drm_event header{};
  for (size_t at = 0; at + sizeof header <= length; at += header.length) {
    std::memcpy(&header, bytes + at, sizeof header);
    if (header.length < sizeof header || header.length > length - at) return;
    if (header.type != DRM_EVENT_FLIP_COMPLETE || header.length < sizeof(drm_event_vblank)) continue;
    drm_event_vblank flip{};
    std::memcpy(&flip, bytes + at, sizeof flip);
    flips.push_back({flip.crtc_id, flip.sequence, flip.user_data,
                     int64_t{flip.tv_sec} * 1'000'000 + int64_t{flip.tv_usec}});
  }
}

int DrmFileError(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return errno;
  return S_ISCHR(file.st_mode) && major(file.st_rdev) == kDrmMajor ? 0 : ENOTTY;
}

}  // namespace dmaflow
