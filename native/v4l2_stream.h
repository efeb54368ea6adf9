// The buffers of a V4L2 queue, from VIDIOC_REQBUFS to VIDIOC_STREAMOFF, as functions of the addon.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterV4l2Stream(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
