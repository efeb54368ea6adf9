#include "frame_loop_commit.h"

#include <linux/sync_file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ioctl.h"

namespace dmaflow::loop {

void AtomicRequest::Clear() { settings_.clear(); }

void AtomicRequest::Add(const PropertyValue& setting) { settings_.push_back(setting); }

void AtomicRequest::Add(const std::vector<PropertyValue>& settings) {
  settings_.insert(settings_.end(), settings.begin(), settings.end());
}

int AtomicRequest::Commit(int drm_fd, uint32_t flags, uint32_t token) {
  objects_.clear();
  counts_.clear();
  properties_.clear();
  values_.clear();
  // Stable, as of several values of one property the last counts.
  const auto before = [](const PropertyValue& a, const PropertyValue& b) { return a.object < b.object; };
  if (!std::is_sorted(settings_.begin(), settings_.end(), before))
    std::stable_sort(settings_.begin(), settings_.end(), before);
  for (const PropertyValue& setting : settings_) {
    if (objects_.empty() || objects_.back() != setting.object) {
      objects_.push_back(setting.object);
      counts_.push_back(0);
    }
    ++counts_.back();
    properties_.push_back(setting.property);
    values_.push_back(setting.value);
  }
  drm_mode_atomic request{};
  request.flags = flags;
  request.count_objs = static_cast<uint32_t>(objects_.size());
  request.objs_ptr = reinterpret_cast<uintptr_t>(objects_.data());
  request.count_props_ptr = reinterpret_cast<uintptr_t>(counts_.data());
  request.props_ptr = reinterpret_cast<uintptr_t>(properties_.data());
  request.prop_values_ptr = reinterpret_cast<uintptr_t>(values_.data());
  request.user_data = token;
  // Not drmIoctl, which would try again for as long as a driver says EAGAIN, on a thread that others wait
  // for.
  const int error = TryIoctl(drm_fd, DRM_IOCTL_MODE_ATOMIC, &request);
  return error == EAGAIN ? EBUSY : error;
}

int ReadFlips(int drm_fd, std::vector<FlipEvent>& flips) {
  alignas(drm_event_vblank) std::array<char, 1024> bytes;
  for (;;) {
    const ssize_t length = ::read(drm_fd, bytes.data(), bytes.size());
    if (length < 0 && errno == EINTR) continue;
    // Several displays may share the file: the one before may have read it empty.
    if (length < 0) return errno == EAGAIN ? 0 : errno;
    AppendFlips(bytes.data(), static_cast<size_t>(length), flips);
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
