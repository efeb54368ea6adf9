// What a V4L2 device is and offers: capabilities, formats, sizes, intervals, inputs.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterV4l2Query(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
