// What a DRM file reports of itself: the flips that reached the screen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dmaflow {

struct FlipEvent {
  // 0 on kernels that do not say (before 4.12).
  uint32_t crtc = 0;
  uint32_t sequence = 0;
  // What the commit was given.
  uint64_t user_data = 0;
  // Microseconds of CLOCK_MONOTONIC.
  int64_t timestamp = 0;
};

// Appends the flips among the events that one read() of a DRM file gave; the kernel hands out whole events.
// Other events are passed over, and so is the rest where one claims a length that no event can have.
void AppendFlips(const char* bytes, size_t length, std::vector<FlipEvent>& flips);

// 0 where the file is one of a DRM device, ENOTTY where it is another one, else the errno of fstat.
int DrmFileError(int fd);

}  // namespace dmaflow
