// Pixels of one format and size into another, by libyuv.
#pragma once

#include <cstdint>
#include <vector>

#include "picture.h"

namespace dmaflow {

// What Y'CbCr values mean: the side of a conversion that has them.
struct YuvMeaning {
  enum class Matrix { kBt601, kBt709, kBt2020 };
  Matrix matrix = Matrix::kBt601;
  bool full_range = false;
};

struct PixelConversion {
  PictureFormat from = PictureFormat::kXrgb8888;
  int from_width = 0;
  int from_height = 0;
  PictureFormat to = PictureFormat::kXrgb8888;
  // After the rotation.
  int to_width = 0;
  int to_height = 0;
  // Clockwise: 0, 90, 180 or 270.
  int rotate = 0;
  // Of the pictures that come. What is made of RGB is BT.601, limited range.
  YuvMeaning meaning;
};

// One conversion, with the memory for what lies between its steps. A picture goes through them so:
//   1. decoded into the working format: planar Y'CbCr, or RGB where it comes as such;
//   2. scaled, 3. rotated, where that is asked for;
//   4. encoded into the format that is wanted.
// Steps that have nothing to do are left out; the last one writes into the target.
//
// One thread at a time.
class PixelConverter {
 public:
  explicit PixelConverter(const PixelConversion& conversion);

  // False where the picture is damaged (a JPEG that cannot be decoded): `to` is undefined then.
  bool Convert(const Picture& from, const Picture& to);

 private:
  struct Scratch {
    std::vector<uint8_t> bytes;
    int width = 0;
    int height = 0;
  };

  bool scales() const;
  bool rotates() const { return conversion_.rotate != 0; }
  // The size before the rotation.
  int scaled_width() const;
  int scaled_height() const;
  Scratch MakeScratch(int width, int height) const;

  bool Decode(const Picture& from, const Picture& to) const;
  bool Scale(const Picture& from, const Picture& to) const;
  bool Rotate(const Picture& from, const Picture& to) const;
  bool Encode(const Picture& from, const Picture& to) const;
  bool EncodeRgb(const Picture& from, const Picture& to) const;
  bool EncodeYuv(const Picture& from, const Picture& to) const;
  // NV12 and NV21 to XRGB8888 without a step between. False where there is no such way.
  bool Directly(const Picture& from, const Picture& to) const;
  Picture PictureIn(Scratch& scratch) const;

  PixelConversion conversion_;
  // kXrgb8888, kYuv420, or kYuv422 where chroma of packed 4:2:2 is to be kept.
  PictureFormat working_;
  Scratch decoded_;
  Scratch scaled_;
  Scratch rotated_;
};

}  // namespace dmaflow
