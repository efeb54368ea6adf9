#include "gst_frame_format.h"

namespace dmaflow::gst {

bool HasLayout(const FrameFormat& format, guint planes, const gsize* offsets, const gint* strides) {
  if (planes != format.planes.size()) return false;
  for (guint i = 0; i < planes; ++i) {
    const FramePlane& plane = format.planes[i];
    if (offsets[i] != plane.offset || strides[i] != static_cast<gint>(plane.stride)) return false;
  }
  return true;
}

}  // namespace dmaflow::gst
