#include "v4l2_query.h"

#include <linux/videodev2.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "call.h"
#include "ioctl.h"
#include "js_values.h"

namespace dmaflow {

namespace {

constexpr uint32_t kAll = std::numeric_limits<uint32_t>::max();

// Calls `request` with index 0, 1, … until the driver says EINVAL, which is the end of the list, or there are
// `most`, and collects what `describe` makes of each. A driver that does not implement an `optional` request
// (ENOTTY) has an empty list.
template <typename Item, typename Describe>
Napi::Value Enumerate(Call& call, int fd, unsigned long request, const char* name, bool optional, Item item,
                      Describe describe, uint32_t most = kAll) {
  const Napi::Array list = Napi::Array::New(call.env());
  for (uint32_t index = 0; index < most; ++index) {
    Item entry = item;
    entry.index = index;
    const int error = TryIoctl(fd, request, &entry);
    if (error == EINVAL || (error == ENOTTY && optional)) return list;
    if (error != 0) throw KernelError(name, error);
    const Napi::Object object = Napi::Object::New(call.env());
    describe(object, entry);
    list.Set(index, object);
  }
  return list;
}

void SetDiscrete(Napi::Object object) { object.Set("type", "discrete"); }
void SetStepwise(Napi::Object object) { object.Set("type", "stepwise"); }

Napi::Value QueryCap(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_QUERYCAP");
  v4l2_capability capability = {};
  Ioctl(fd, VIDIOC_QUERYCAP, "VIDIOC_QUERYCAP", &capability);
  const bool has_device_caps = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  const Napi::Object result = Napi::Object::New(call.env());
  result.Set("driver", FixedString(call.env(), capability.driver));
  result.Set("card", FixedString(call.env(), capability.card));
  result.Set("busInfo", FixedString(call.env(), capability.bus_info));
  result.Set("version", capability.version);
  result.Set("capabilities", capability.capabilities);
  result.Set("deviceCaps", has_device_caps ? capability.device_caps : capability.capabilities);
  return result;
}

Napi::Value EnumFormats(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_ENUM_FMT");
  v4l2_fmtdesc item = {};
  item.type = call.Arg(1, "type").Uint32();
  const Argument most = call.Arg(2, "most");
  return Enumerate(
      call, fd, VIDIOC_ENUM_FMT, "VIDIOC_ENUM_FMT", false, item,
      [&](Napi::Object object, const v4l2_fmtdesc& format) {
        object.Set("pixelFormat", format.pixelformat);
        object.Set("flags", format.flags);
        object.Set("description", FixedString(call.env(), format.description));
      },
      most.IsUndefined() ? kAll : most.Uint32());
}

Napi::Value EnumFrameSizes(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_ENUM_FRAMESIZES");
  v4l2_frmsizeenum item = {};
  item.pixel_format = call.Arg(1, "pixelFormat").Uint32();
  // A continuous range is a stepwise one with steps of 1, and like it the only entry of the list.
  return Enumerate(call, fd, VIDIOC_ENUM_FRAMESIZES, "VIDIOC_ENUM_FRAMESIZES", true, item,
                   [](Napi::Object object, const v4l2_frmsizeenum& size) {
                     if (size.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
                       SetDiscrete(object);
                       object.Set("width", size.discrete.width);
                       object.Set("height", size.discrete.height);
                       return;
                     }
                     const bool continuous = size.type == V4L2_FRMSIZE_TYPE_CONTINUOUS;
                     SetStepwise(object);
                     object.Set("minWidth", size.stepwise.min_width);
                     object.Set("maxWidth", size.stepwise.max_width);
                     object.Set("stepWidth", continuous ? 1 : size.stepwise.step_width);
                     object.Set("minHeight", size.stepwise.min_height);
                     object.Set("maxHeight", size.stepwise.max_height);
                     object.Set("stepHeight", continuous ? 1 : size.stepwise.step_height);
                   });
}

Napi::Value EnumFrameIntervals(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_ENUM_FRAMEINTERVALS");
  v4l2_frmivalenum item = {};
  item.pixel_format = call.Arg(1, "pixelFormat").Uint32();
  item.width = call.Arg(2, "width").Uint32();
  item.height = call.Arg(3, "height").Uint32();
  return Enumerate(call, fd, VIDIOC_ENUM_FRAMEINTERVALS, "VIDIOC_ENUM_FRAMEINTERVALS", true, item,
                   [&](Napi::Object object, const v4l2_frmivalenum& interval) {
                     if (interval.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
                       SetDiscrete(object);
                       object.Set("numerator", interval.discrete.numerator);
                       object.Set("denominator", interval.discrete.denominator);
                       return;
                     }
                     SetStepwise(object);
                     object.Set("min", FractionValue(call.env(), interval.stepwise.min));
                     object.Set("max", FractionValue(call.env(), interval.stepwise.max));
                     object.Set("step", FractionValue(call.env(), interval.stepwise.step));
                   });
}

Napi::Value EnumInputs(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_ENUMINPUT");
  return Enumerate(call, fd, VIDIOC_ENUMINPUT, "VIDIOC_ENUMINPUT", true, v4l2_input{},
                   [&](Napi::Object object, const v4l2_input& input) {
                     object.Set("index", input.index);
                     object.Set("name", FixedString(call.env(), input.name));
                     object.Set("type", input.type);
                     object.Set("status", input.status);
                   });
}

Napi::Value GetInput(Call& call) {
  int input = 0;
  Ioctl(call.Fd(0, "fd", "VIDIOC_G_INPUT"), VIDIOC_G_INPUT, "VIDIOC_G_INPUT", &input);
  return Napi::Number::New(call.env(), input);
}

Napi::Value SetInput(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_S_INPUT");
  int input = call.Arg(1, "input").Int32();
  Ioctl(fd, VIDIOC_S_INPUT, "VIDIOC_S_INPUT", &input);
  return call.env().Undefined();
}

}  // namespace

void RegisterV4l2Query(Napi::Env env, Napi::Object exports) {
  Export<QueryCap>(env, exports, "v4l2QueryCap");
  Export<EnumFormats>(env, exports, "v4l2EnumFormats");
  Export<EnumFrameSizes>(env, exports, "v4l2EnumFrameSizes");
  Export<EnumFrameIntervals>(env, exports, "v4l2EnumFrameIntervals");
  Export<EnumInputs>(env, exports, "v4l2EnumInputs");
  Export<GetInput>(env, exports, "v4l2GetInput");
  Export<SetInput>(env, exports, "v4l2SetInput");
}

}  // namespace dmaflow
