// A DRM device as a whole: version, capabilities, master.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterKmsDevice(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
