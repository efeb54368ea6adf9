// What a DRM device displays with: CRTCs, connectors with their modes, planes.
#pragma once

#include <napi.h>

namespace dmaflow {

void RegisterKmsResources(Napi::Env env, Napi::Object exports);

}  // namespace dmaflow
