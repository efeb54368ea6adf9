#include "v4l2_format.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "call.h"
#include "ioctl.h"
#include "js_values.h"
#include "v4l2_buffer.h"

namespace dmaflow {

namespace {

Napi::Object PlaneValue(Napi::Env env, uint32_t bytes_per_line, uint32_t size_image) {
  const Napi::Object plane = Napi::Object::New(env);
  plane.Set("bytesPerLine", bytes_per_line);
  plane.Set("sizeImage", size_image);
  return plane;
}

// What both APIs call the same: struct v4l2_pix_format and struct v4l2_pix_format_mplane.
template <typename Pixels>
Napi::Object CommonValue(Napi::Env env, const Pixels& pixels) {
  const Napi::Object format = Napi::Object::New(env);
  format.Set("width", pixels.width);
  format.Set("height", pixels.height);
  format.Set("pixelFormat", pixels.pixelformat);
  format.Set("field", pixels.field);
  format.Set("colorspace", pixels.colorspace);
  format.Set("ycbcrEncoding", static_cast<uint32_t>(pixels.ycbcr_enc));
  format.Set("quantization", static_cast<uint32_t>(pixels.quantization));
  format.Set("transferFunction", static_cast<uint32_t>(pixels.xfer_func));
  return format;
}

Napi::Value FormatValue(Napi::Env env, const v4l2_format& format) {
  const Napi::Array planes = Napi::Array::New(env);
  Napi::Object result;
  if (IsMultiplanar(format.type)) {
    const v4l2_pix_format_mplane& pixels = format.fmt.pix_mp;
    result = CommonValue(env, pixels);
    for (uint32_t index = 0; index < std::min<uint32_t>(pixels.num_planes, VIDEO_MAX_PLANES); ++index) {
      planes.Set(index,
                 PlaneValue(env, pixels.plane_fmt[index].bytesperline, pixels.plane_fmt[index].sizeimage));
    }
  } else {
    const v4l2_pix_format& pixels = format.fmt.pix;
    result = CommonValue(env, pixels);
    planes.Set(0u, PlaneValue(env, pixels.bytesperline, pixels.sizeimage));
  }
  result.Set("planes", planes);
  return result;
}

uint8_t Byte(const Argument& argument) {
  const uint32_t value = argument.Uint32();
  if (value > 0xff) throw argument.OutOfRange("an integer of 0 to 255");
  return static_cast<uint8_t>(value);
}

template <typename Pixels>
void TakeCommon(const Argument& argument, Pixels& pixels) {
  pixels.width = argument["width"].Uint32();
  pixels.height = argument["height"].Uint32();
  pixels.pixelformat = argument["pixelFormat"].Uint32();
  pixels.field = argument["field"].Uint32();
  pixels.colorspace = argument["colorspace"].Uint32();
  pixels.ycbcr_enc = Byte(argument["ycbcrEncoding"]);
  pixels.quantization = Byte(argument["quantization"]);
  pixels.xfer_func = Byte(argument["transferFunction"]);
}

v4l2_format TakeFormat(uint32_t type, const Argument& argument) {
  v4l2_format format = {};
  format.type = type;
  const Argument planes = argument["planes"];
  const std::vector<Argument> elements = planes.Elements();
  const size_t most = IsMultiplanar(type) ? VIDEO_MAX_PLANES : 1;
  if (elements.size() > most) throw planes.OutOfRange("an array of at most " + std::to_string(most));
  if (IsMultiplanar(type)) {
    v4l2_pix_format_mplane& pixels = format.fmt.pix_mp;
    TakeCommon(argument, pixels);
    pixels.num_planes = static_cast<uint8_t>(elements.size());
    for (size_t index = 0; index < elements.size(); ++index) {
      pixels.plane_fmt[index].bytesperline = elements[index]["bytesPerLine"].Uint32();
      pixels.plane_fmt[index].sizeimage = elements[index]["sizeImage"].Uint32();
    }
    return format;
  }
  v4l2_pix_format& pixels = format.fmt.pix;
  TakeCommon(argument, pixels);
  // Without it the kernel ignores the fields from ycbcr_enc on.
  pixels.priv = V4L2_PIX_FMT_PRIV_MAGIC;
  if (!elements.empty()) {
    pixels.bytesperline = elements[0]["bytesPerLine"].Uint32();
    pixels.sizeimage = elements[0]["sizeImage"].Uint32();
  }
  return format;
}

Napi::Value GetFormat(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_G_FMT");
  v4l2_format format = {};
  format.type = call.Arg(1, "type").Uint32();
  Ioctl(fd, VIDIOC_G_FMT, "VIDIOC_G_FMT", &format);
  return FormatValue(call.env(), format);
}

Napi::Value SetFormat(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_S_FMT");
  v4l2_format format = TakeFormat(call.Arg(1, "type").Uint32(), call.Arg(2, "format"));
  Ioctl(fd, VIDIOC_S_FMT, "VIDIOC_S_FMT", &format);
  return FormatValue(call.env(), format);
}

Napi::Value TryFormat(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_TRY_FMT");
  v4l2_format format = TakeFormat(call.Arg(1, "type").Uint32(), call.Arg(2, "format"));
  Ioctl(fd, VIDIOC_TRY_FMT, "VIDIOC_TRY_FMT", &format);
  return FormatValue(call.env(), format);
}

// Undefined where the driver has no frame interval: no such request, or a fraction that says nothing.
Napi::Value FrameInterval(Call& call, int fd, unsigned long request, const char* name,
                          v4l2_streamparm& parameters) {
  const int error = TryIoctl(fd, request, &parameters);
  if (error == ENOTTY) return call.env().Undefined();
  if (error != 0) throw KernelError(name, error);
  const v4l2_fract& interval = parameters.parm.capture.timeperframe;
  if (interval.numerator == 0 || interval.denominator == 0) return call.env().Undefined();
  return FractionValue(call.env(), interval);
}

Napi::Value GetFrameInterval(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_G_PARM");
  v4l2_streamparm parameters = {};
  parameters.type = call.Arg(1, "type").Uint32();
  return FrameInterval(call, fd, VIDIOC_G_PARM, "VIDIOC_G_PARM", parameters);
}

Napi::Value SetFrameInterval(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_S_PARM");
  const Argument interval = call.Arg(2, "interval");
  v4l2_streamparm parameters = {};
  parameters.type = call.Arg(1, "type").Uint32();
  parameters.parm.capture.timeperframe.numerator = interval["numerator"].Uint32();
  parameters.parm.capture.timeperframe.denominator = interval["denominator"].Uint32();
  return FrameInterval(call, fd, VIDIOC_S_PARM, "VIDIOC_S_PARM", parameters);
}

}  // namespace

void RegisterV4l2Format(Napi::Env env, Napi::Object exports) {
  Export<GetFormat>(env, exports, "v4l2GetFormat");
  Export<SetFormat>(env, exports, "v4l2SetFormat");
  Export<TryFormat>(env, exports, "v4l2TryFormat");
  Export<GetFrameInterval>(env, exports, "v4l2GetFrameInterval");
  Export<SetFrameInterval>(env, exports, "v4l2SetFrameInterval");
}

}  // namespace dmaflow
