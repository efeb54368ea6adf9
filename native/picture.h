// A picture in memory, as pixel code sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dmaflow {

// Those that the converter knows, by DRM's names; MJPEG by V4L2's.
enum class PictureFormat { kXrgb8888, kRgb565, kNv12, kNv21, kYuyv, kUyvy, kYuv420, kYuv422, kMjpeg };

struct PicturePlane {
  uint8_t* data = nullptr;
  // Bytes from a row to the next.
  int stride = 0;
};

struct Picture {
  int width = 0;
  int height = 0;
  std::array<PicturePlane, 3> planes;
  // Of the compressed bytes in the first plane; 0 for all other formats.
  size_t length = 0;
};

}  // namespace dmaflow
