#include "pixel_converter.h"

#include <libyuv/convert.h>
#include <libyuv/convert_argb.h>
#include <libyuv/convert_from.h>
#include <libyuv/convert_from_argb.h>
#include <libyuv/planar_functions.h>
#include <libyuv/rotate.h>
#include <libyuv/rotate_argb.h>
#include <libyuv/scale.h>
#include <libyuv/scale_argb.h>

namespace dmaflow {

namespace {

// libyuv's ARGB is named by the order of the bits in a little-endian word, as DRM's formats are: XRGB8888.
// Its YUY2 is YUYV.

constexpr int kAlignment = 64;

int Aligned(int bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool IsRgb(PictureFormat format) {
  return format == PictureFormat::kXrgb8888 || format == PictureFormat::kRgb565;
}

bool IsPacked422(PictureFormat format) {
  return format == PictureFormat::kYuyv || format == PictureFormat::kUyvy;
}

const libyuv::YuvConstants* ConstantsOf(const YuvMeaning& meaning) {
  switch (meaning.matrix) {
    case YuvMeaning::Matrix::kBt601:
      return meaning.full_range ? &libyuv::kYuvJPEGConstants : &libyuv::kYuvI601Constants;
    case YuvMeaning::Matrix::kBt709:
      return meaning.full_range ? &libyuv::kYuvF709Constants : &libyuv::kYuvH709Constants;
    case YuvMeaning::Matrix::kBt2020:
      return meaning.full_range ? &libyuv::kYuvV2020Constants : &libyuv::kYuv2020Constants;
  }
  return &libyuv::kYuvI601Constants;
}

libyuv::RotationMode ModeOf(int degrees) { return static_cast<libyuv::RotationMode>(degrees); }

}  // namespace

PixelConverter::PixelConverter(const PixelConversion& conversion)
    : conversion_(conversion), working_(PictureFormat::kYuv420) {
  const auto& [from, from_width, from_height, to, to_width, to_height, rotate, meaning] = conversion_;
  if (IsRgb(from)) working_ = PictureFormat::kXrgb8888;
  if (IsPacked422(from) && to == PictureFormat::kXrgb8888 && !scales() && !rotates()) {
    working_ = PictureFormat::kYuv422;
  }
  if (from != working_) decoded_ = MakeScratch(from_width, from_height);
  if (scales()) scaled_ = MakeScratch(scaled_width(), scaled_height());
  if (rotates()) rotated_ = MakeScratch(to_width, to_height);
}

bool PixelConverter::scales() const {
  return scaled_width() != conversion_.from_width || scaled_height() != conversion_.from_height;
}

int PixelConverter::scaled_width() const {
  return conversion_.rotate % 180 == 0 ? conversion_.to_width : conversion_.to_height;
}

int PixelConverter::scaled_height() const {
  return conversion_.rotate % 180 == 0 ? conversion_.to_height : conversion_.to_width;
}

PixelConverter::Scratch PixelConverter::MakeScratch(int width, int height) const {
  Scratch scratch;
  scratch.width = width;
  scratch.height = height;
  // Enough for each working format: 4 bytes a pixel, or a plane of luma and two of at most half its width.
  scratch.bytes.resize(static_cast<size_t>(Aligned(width * 4)) * static_cast<size_t>(height));
  return scratch;
}

Picture PixelConverter::PictureIn(Scratch& scratch) const {
  Picture picture;
  picture.width = scratch.width;
  picture.height = scratch.height;
  uint8_t* const bytes = scratch.bytes.data();
  if (working_ == PictureFormat::kXrgb8888) {
    picture.planes[0] = {bytes, Aligned(scratch.width * 4)};
    return picture;
  }
  const int luma = Aligned(scratch.width);
  const int chroma = Aligned((scratch.width + 1) / 2);
  const int rows = working_ == PictureFormat::kYuv422 ? scratch.height : (scratch.height + 1) / 2;
  uint8_t* const first = bytes + static_cast<ptrdiff_t>(luma) * scratch.height;
  picture.planes = {
      PicturePlane{bytes, luma}, {first, chroma}, {first + static_cast<ptrdiff_t>(chroma) * rows, chroma}};
  return picture;
}

bool PixelConverter::Convert(const Picture& from, const Picture& to) {
  if (!scales() && !rotates() && Directly(from, to)) return true;
  // The last step of all writes into the target, where that has the working format.
  const bool encodes = conversion_.to != working_;
  Picture now = from;
  if (conversion_.from != working_) {
    const bool last = !scales() && !rotates() && !encodes;
    const Picture decoded = last ? to : PictureIn(decoded_);
    if (!Decode(now, decoded)) return false;
    if (last) return true;
    now = decoded;
  }
  if (scales()) {
    const bool last = !rotates() && !encodes;
    const Picture scaled = last ? to : PictureIn(scaled_);
    if (!Scale(now, scaled)) return false;
    if (last) return true;
    now = scaled;
  }
  if (rotates()) {
    const Picture rotated = encodes ? PictureIn(rotated_) : to;
    if (!Rotate(now, rotated)) return false;
    if (!encodes) return true;
    now = rotated;
  }
  return Encode(now, to);
}

bool PixelConverter::Directly(const Picture& from, const Picture& to) const {
  if (conversion_.to != PictureFormat::kXrgb8888) return false;
  const auto& [y, uv, none] = from.planes;
  const libyuv::YuvConstants* const constants = ConstantsOf(conversion_.meaning);
  switch (conversion_.from) {
    case PictureFormat::kNv12:
      return libyuv::NV12ToARGBMatrix(y.data, y.stride, uv.data, uv.stride, to.planes[0].data,
                                      to.planes[0].stride, constants, to.width, to.height) == 0;
    case PictureFormat::kNv21:
      // Its constants are the same: the function swaps the chroma.
      return libyuv::NV21ToARGBMatrix(y.data, y.stride, uv.data, uv.stride, to.planes[0].data,
                                      to.planes[0].stride, constants, to.width, to.height) == 0;
    default:
      return false;
  }
}

bool PixelConverter::Decode(const Picture& from, const Picture& to) const {
  const auto& [in, in_chroma, in_none] = from.planes;
  const auto& [y, u, v] = to.planes;
  const int width = from.width;
  const int height = from.height;
  switch (conversion_.from) {
    case PictureFormat::kRgb565:
      return libyuv::RGB565ToARGB(in.data, in.stride, y.data, y.stride, width, height) == 0;
    case PictureFormat::kNv12:
      return libyuv::NV12ToI420(in.data, in.stride, in_chroma.data, in_chroma.stride, y.data, y.stride,
                                u.data, u.stride, v.data, v.stride, width, height) == 0;
    case PictureFormat::kNv21:
      return libyuv::NV21ToI420(in.data, in.stride, in_chroma.data, in_chroma.stride, y.data, y.stride,
                                u.data, u.stride, v.data, v.stride, width, height) == 0;
    case PictureFormat::kYuyv: {
      const auto convert = working_ == PictureFormat::kYuv422 ? libyuv::YUY2ToI422 : libyuv::YUY2ToI420;
      return convert(in.data, in.stride, y.data, y.stride, u.data, u.stride, v.data, v.stride, width,
                     height) == 0;
    }
    case PictureFormat::kUyvy: {
      const auto convert = working_ == PictureFormat::kYuv422 ? libyuv::UYVYToI422 : libyuv::UYVYToI420;
      return convert(in.data, in.stride, y.data, y.stride, u.data, u.stride, v.data, v.stride, width,
                     height) == 0;
    }
    case PictureFormat::kMjpeg:
      return libyuv::MJPGToI420(in.data, from.length, y.data, y.stride, u.data, u.stride, v.data, v.stride,
                                width, height, width, height) == 0;
    default:
      return false;
  }
}

bool PixelConverter::Scale(const Picture& from, const Picture& to) const {
  const auto& [y, u, v] = from.planes;
  const auto& [to_y, to_u, to_v] = to.planes;
  if (working_ == PictureFormat::kXrgb8888) {
    return libyuv::ARGBScale(y.data, y.stride, from.width, from.height, to_y.data, to_y.stride, to.width,
                             to.height, libyuv::kFilterBox) == 0;
  }
  return libyuv::I420Scale(y.data, y.stride, u.data, u.stride, v.data, v.stride, from.width, from.height,
                           to_y.data, to_y.stride, to_u.data, to_u.stride, to_v.data, to_v.stride, to.width,
                           to.height, libyuv::kFilterBox) == 0;
}

bool PixelConverter::Rotate(const Picture& from, const Picture& to) const {
  const auto& [y, u, v] = from.planes;
  const auto& [to_y, to_u, to_v] = to.planes;
  const libyuv::RotationMode mode = ModeOf(conversion_.rotate);
  if (working_ == PictureFormat::kXrgb8888) {
    return libyuv::ARGBRotate(y.data, y.stride, to_y.data, to_y.stride, from.width, from.height, mode) == 0;
  }
  return libyuv::I420Rotate(y.data, y.stride, u.data, u.stride, v.data, v.stride, to_y.data, to_y.stride,
                            to_u.data, to_u.stride, to_v.data, to_v.stride, from.width, from.height,
                            mode) == 0;
}

bool PixelConverter::Encode(const Picture& from, const Picture& to) const {
  return working_ == PictureFormat::kXrgb8888 ? EncodeRgb(from, to) : EncodeYuv(from, to);
}

bool PixelConverter::EncodeRgb(const Picture& from, const Picture& to) const {
  const auto& [in, none, nothing] = from.planes;
  const auto& [y, u, v] = to.planes;
  const int width = to.width;
  const int height = to.height;
  switch (conversion_.to) {
    case PictureFormat::kXrgb8888:
      return libyuv::ARGBCopy(in.data, in.stride, y.data, y.stride, width, height) == 0;
    case PictureFormat::kRgb565:
      return libyuv::ARGBToRGB565(in.data, in.stride, y.data, y.stride, width, height) == 0;
    case PictureFormat::kNv12:
      return libyuv::ARGBToNV12(in.data, in.stride, y.data, y.stride, u.data, u.stride, width, height) == 0;
    case PictureFormat::kNv21:
      return libyuv::ARGBToNV21(in.data, in.stride, y.data, y.stride, u.data, u.stride, width, height) == 0;
    case PictureFormat::kYuyv:
      return libyuv::ARGBToYUY2(in.data, in.stride, y.data, y.stride, width, height) == 0;
    case PictureFormat::kUyvy:
      return libyuv::ARGBToUYVY(in.data, in.stride, y.data, y.stride, width, height) == 0;
    case PictureFormat::kYuv420:
      return libyuv::ARGBToI420(in.data, in.stride, y.data, y.stride, u.data, u.stride, v.data, v.stride,
                                width, height) == 0;
    default:
      return false;
  }
}

bool PixelConverter::EncodeYuv(const Picture& from, const Picture& to) const {
  const auto& [y, u, v] = from.planes;
  const auto& [out, out_u, out_v] = to.planes;
  const int width = to.width;
  const int height = to.height;
  const libyuv::YuvConstants* const constants = ConstantsOf(conversion_.meaning);
  switch (conversion_.to) {
    case PictureFormat::kXrgb8888: {
      const auto convert =
          working_ == PictureFormat::kYuv422 ? libyuv::I422ToARGBMatrix : libyuv::I420ToARGBMatrix;
      return convert(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride, constants,
                     width, height) == 0;
    }
    case PictureFormat::kRgb565:
      return libyuv::I420ToRGB565Matrix(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data,
                                        out.stride, constants, width, height) == 0;
    case PictureFormat::kNv12:
      return libyuv::I420ToNV12(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride,
                                out_u.data, out_u.stride, width, height) == 0;
    case PictureFormat::kNv21:
      return libyuv::I420ToNV21(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride,
                                out_u.data, out_u.stride, width, height) == 0;
    case PictureFormat::kYuyv:
      return libyuv::I420ToYUY2(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride,
                                width, height) == 0;
    case PictureFormat::kUyvy:
      return libyuv::I420ToUYVY(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride,
                                width, height) == 0;
    case PictureFormat::kYuv420:
      return libyuv::I420Copy(y.data, y.stride, u.data, u.stride, v.data, v.stride, out.data, out.stride,
                              out_u.data, out_u.stride, out_v.data, out_v.stride, width, height) == 0;
    default:
      return false;
  }
}

}  // namespace dmaflow
