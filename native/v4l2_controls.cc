#include "v4l2_controls.h"

#include <linux/videodev2.h>

#include <cerrno>

#include "call.h"
#include "ioctl.h"
#include "js_values.h"

namespace dmaflow {

namespace {

// All but compound controls, in order of their ids; empty where the driver has none (ENOTTY).
Napi::Value EnumControls(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_QUERYCTRL");
  const Napi::Array list = Napi::Array::New(call.env());
  v4l2_queryctrl control = {};
  for (uint32_t index = 0;; ++index) {
    // The next control after this id.
    control.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    const int error = TryIoctl(fd, VIDIOC_QUERYCTRL, &control);
    if (error == EINVAL || error == ENOTTY) return list;
    if (error != 0) throw KernelError("VIDIOC_QUERYCTRL", error);
    const Napi::Object object = Napi::Object::New(call.env());
    object.Set("id", control.id);
    object.Set("name", FixedString(call.env(), control.name));
    object.Set("type", control.type);
    object.Set("minimum", control.minimum);
    object.Set("maximum", control.maximum);
    object.Set("step", control.step);
    object.Set("defaultValue", control.default_value);
    object.Set("flags", control.flags);
    list.Set(index, object);
  }
}

Napi::Value GetControl(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_G_CTRL");
  v4l2_control control = {};
  control.id = call.Arg(1, "id").Uint32();
  Ioctl(fd, VIDIOC_G_CTRL, "VIDIOC_G_CTRL", &control);
  return Napi::Number::New(call.env(), control.value);
}

Napi::Value SetControl(Call& call) {
  const int fd = call.Fd(0, "fd", "VIDIOC_S_CTRL");
  v4l2_control control = {};
  control.id = call.Arg(1, "id").Uint32();
  control.value = call.Arg(2, "value").Int32();
  Ioctl(fd, VIDIOC_S_CTRL, "VIDIOC_S_CTRL", &control);
  return call.env().Undefined();
}

}  // namespace

void RegisterV4l2Controls(Napi::Env env, Napi::Object exports) {
  Export<EnumControls>(env, exports, "v4l2EnumControls");
  Export<GetControl>(env, exports, "v4l2GetControl");
  Export<SetControl>(env, exports, "v4l2SetControl");
}

}  // namespace dmaflow
