// Controls of a V4L2 device.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterV4l2Controls(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
