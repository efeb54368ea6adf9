// One atomic commit, and the events that say it reached the screen.
#pragma once

#include <cstdint>
#include <vector>

#include "drm_ptr.h"
#include "frame_loop_types.h"
#include "kms_events.h"

namespace dmaflow::loop {

inline constexpr char kAtomicRequest[] = "DRM_IOCTL_MODE_ATOMIC";

// One DRM_IOCTL_MODE_ATOMIC after the other, in memory that is used again. Not with drmModeAtomicCommit,
// which copies, clears and sorts a page of memory for each frame: without that a frame costs a fifth less.
class AtomicRequest {
 public:
  void Clear();
  void Add(const PropertyValue& setting);
  void Add(const std::vector<PropertyValue>& settings);
  // `token` comes back in the flip event. 0 or the errno; EBUSY also where the driver asks to try again.
  int Commit(int drm_fd, uint32_t flags, uint32_t token);

 private:
  std::vector<PropertyValue> settings_;
  // As the kernel reads them: the objects, the number of properties of each, and of all in this order ids and
  // values.
  std::vector<uint32_t> objects_;
  std::vector<uint32_t> counts_;
  std::vector<uint32_t> properties_;
  std::vector<uint64_t> values_;
};

// Appends the flips that wait on a DRM file in non-blocking mode: what fits one read, which is more than
// displays can have pending. 0 or the errno.
//
// Events are told apart by a token and not by drmHandleEvent's user pointer: an event may have been left on
// the open file by someone who is gone.
int ReadFlips(int drm_fd, std::vector<FlipEvent>& flips);

// The status of a sync_file: 0 when all of its fences have signalled without an error, EAGAIN while one has
// not, otherwise the errno of the one that failed.
int SyncFileStatus(int fd);

}  // namespace dmaflow::loop
