// What the frames of one link are, on both sides of the bridge to GStreamer.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <vector>

#include "gst_ptr.h"
#include "unique_fd.h"

namespace dmaflow::gst {

// Where the colour planes lie. Compressed formats have none.
struct FramePlane {
  // From the start of the GstBuffer, which has the memory planes one after the other.
  size_t offset = 0;
  uint32_t stride = 0;
};

struct FrameFormat {
  // What the pad shows: one structure for each kind of memory, the preferred one first.
  GstPtr<GstCaps> caps;
  // UNKNOWN for compressed formats.
  GstVideoFormat format = GST_VIDEO_FORMAT_UNKNOWN;
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<FramePlane> planes;
  // Bytes of a picture over all planes.
  size_t size = 0;
  // Nanoseconds; GST_CLOCK_TIME_NONE where the rate is not known.
  GstClockTime duration = GST_CLOCK_TIME_NONE;
};

// One memory plane of a buffer.
struct BufferMemory {
  UniqueFd fd;
  size_t length = 0;
};

// By index, then by memory plane.
using BufferMemories = std::vector<std::vector<BufferMemory>>;

// Whether a picture of `format` with these offsets and strides lies as the link's frames do.
bool HasLayout(const FrameFormat& format, guint planes, const gsize* offsets, const gint* strides);

}  // namespace dmaflow::gst
