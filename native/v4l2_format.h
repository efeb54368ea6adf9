// The format and the frame interval of a V4L2 device: VIDIOC_G_FMT and its relatives.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterV4l2Format(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
